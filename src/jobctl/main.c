/* jobctl: finds the subcommand and runs it. */
#include "base/scope.h"
#include "jobctl/command.h"
#include "jobctl/manual.h"
#include "jobctl/options.h"
#include "jobctl/print.h"
#include "version.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARENA_CEILING (64u << 20)

const struct command *const commands[] = {
    &command_run,   &command_work, &command_submit, &command_get,  &command_list,   &command_wait,
    &command_watch, &command_logs, &command_delete, &command_help, &command_manual,
};
const size_t command_count = ARRAY_SIZE(commands);

/* Where one of the three is missing, the next file opened would take its place. */
static void open_missing_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(EXIT_FAILED);
}

static int explain(const struct call *call)
{
    struct buf out = BUF(64u << 10);
    manual_command(&out, call->command);
    return print_out(stdout, &out) ? EXIT_FINE : EXIT_FAILED;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    AUTO(arena_release) struct arena arena;
    struct call call = {.command = command, .arena = &arena};
    struct err err = {0};
    arena_init(&arena, ARENA_CEILING);
    switch (options_read(&call, argc, argv, &err)) {
    case OPTIONS_GOOD:
        return command->run(&call);
    case OPTIONS_HELP:
        return explain(&call);
    case OPTIONS_BAD:
        break;
    }
    return complain(&call, EXIT_USAGE, "%s (jobctl help %s)", err.text, command->name);
}

static int version(bool json)
{
    puts(json ? "{\"version\":\"" JOBD_VERSION "\"}" : "jobctl " JOBD_VERSION);
    return fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *word, *command;
    } aliases[] = {{"--help", "help"}, {"-h", "help"}};
    const char *word = argc > 1 ? argv[1] : "";
    open_missing_streams();
    setlocale(LC_CTYPE,
              "C.UTF-8"); /* for the width of characters alone: text is UTF-8 everywhere */
    if (strcmp(word, "--version") == 0)
        return version(argc > 2 && strcmp(argv[2], "--json") == 0);
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
        if (strcmp(word, aliases[i].word) == 0)
            word = aliases[i].command;
    const struct command *command = command_find(word);
    if (command != NULL)
        return run_command(command, argc - 1, argv + 1);
    const struct call call = {0};
    return *word == '\0' ? complain(&call, EXIT_USAGE,
                                    "say run, work, submit, get, list, wait, watch, logs, delete "
                                    "or help")
                         : complain(&call, EXIT_USAGE, "there is no command \"%s\"", word);
}
