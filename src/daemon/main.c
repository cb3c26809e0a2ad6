/* jobd: finds the subcommand and runs it. */
#include "base/log.h"
#include "base/scope.h"
#include "daemon/app.h"
#include "daemon/command_move.h"
#include "daemon/command_user.h"
#include "daemon/config_sources.h"
#include "daemon/manual.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

enum exit_status { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int complain(const char *what, int status)
{
    fprintf(stderr, "jobd: %s\n", what);
    return status;
}

static enum log_level level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0)
            return (enum log_level)i;
    return LOG_INFO;
}

static int command_serve(const struct config *config, int argc, char **argv)
{
    struct err err = {0};
    if (argc > 1) {
        err_set(&err, "serve does not understand \"%s\"", argv[1]);
        return complain(err.text, EXIT_USAGE);
    }
    if (!config_check(config, &err))
        return complain(err.text, EXIT_USAGE);
    log_setup(level_of(config->log_level),
              strcmp(config->log_format, "json") == 0 ? LOG_JSON : LOG_LOGFMT);
    if (app_serve(config, &err))
        return EXIT_FINE;
    log_event(LOG_ERROR, "cannot serve", LOG_F_STR("reason", err.text));
    return EXIT_FAILED;
}

static int command_check(const struct config *config, int argc, char **argv)
{
    struct err err = {0};
    if (argc > 1)
        err_set(&err, "\"%s\" is not understood here", argv[1]);
    else if (config_check(config, &err))
        return puts("The configuration is fine."), EXIT_FINE;
    return complain(err.text, EXIT_USAGE);
}

static int command_version(const struct config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    puts("jobd " JOBD_VERSION);
    return EXIT_FINE;
}

static int command_help(const struct config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    manual_help();
    return EXIT_FINE;
}

/* Wherever it stands: `jobd serve --help` explains as well. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int command_manual(const struct config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    manual_page();
    return EXIT_FINE;
}

static const struct {
    const char *name;
    int (*run)(const struct config *config, int argc, char **argv);
    bool configured; /* wants the configuration to be right */
} commands[] = {
    {"serve", command_serve, true},    {"user", command_user, true},
    {"move", command_move, false},     {"--check-config", command_check, true},
    {"manual", command_manual, false}, {"--version", command_version, false},
    {"help", command_help, false},
};

int main(int argc, char **argv)
{
    AUTO(config_release) struct config config;
    struct err err = {0};
    bool good = config_load(&config, &argc, argv, &err);
    if (asks_for_help(argc, argv))
        return command_help(&config, argc, argv);
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (!good && commands[i].configured)
            return complain(err.text, EXIT_USAGE);
        return commands[i].run(&config, argc - 1, argv + 1);
    }
    return complain("say serve, user, move, --check-config or --help", EXIT_USAGE);
}
