/* What all subcommands share: complaints, a client, and ids on the command line. */
#include "jobctl/command.h"

#include "base/buf.h"
#include "base/scope.h"
#include "base/uuid.h"
#include "jobctl/print.h"
#include "jobctl/room.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMPLAINT_SIZE 2048
#define COMPLAINT_PATIENCE_MS 1000

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* Whoever has a heartbeat to send must not hang on another thread that hangs on standard output. */
static void flush_out(void)
{
    if (ftrylockfile(stdout) != 0)
        return;
    fflush(stdout);
    funlockfile(stdout);
}

/* One write a line, because a wrapped command may be writing to the same place; and given up after
 * a while, because nobody may be reading there. */
int complain(const struct call *call, int status, const char *format, ...)
{
    char text[COMPLAINT_SIZE];
    AUTO(buf_release) struct buf line = BUF(16u << 10);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_add_str(&line, "jobctl");
    if (call->command != NULL)
        buf_printf(&line, " %s", call->command->name);
    buf_add_str(&line, ": ");
    print_safe(&line, text);
    buf_add_char(&line, '\n');
    flush_out();
    if (!buf_failed(&line))
        room_write_line(STDERR_FILENO, buf_span(&line), COMPLAINT_PATIENCE_MS);
    return status;
}

int complain_error(const struct call *call, const char *what, const struct jobd_error *error)
{
    if (what != NULL)
        return complain(call, EXIT_FAILED, "%s: %s", what, error->text);
    return complain(call, EXIT_FAILED, "%s", error->text);
}

struct jobd_client *open_client(const struct call *call)
{
    struct jobd_client *client = NULL;
    struct jobd_error error;
    if (!jobd_open(NULL, &client, &error))
        complain_error(call, NULL, &error);
    return client;
}

void close_client(struct jobd_client **client)
{
    jobd_close(*client);
}

int check_ids(const struct call *call)
{
    struct uuid uuid;
    for (int i = 0; i < call->operand_count; i++)
        if (!uuid_parse(span_of(call->operands[i]), &uuid))
            return complain(call, EXIT_USAGE, "\"%s\" is not the id of a job", call->operands[i]);
    return EXIT_FINE;
}
