/* A subcommand: its name, its options, and what it does. */
#ifndef JOBD_JOBCTL_COMMAND_H
#define JOBD_JOBCTL_COMMAND_H

#include "base/arena.h"
#include "base/err.h"
#include "jobd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_status {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_TIMED_OUT = 124,
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_SIGNAL = 128 /* plus the signal's number */
};

enum option_type {
    OPTION_FLAG, /* bool */
    OPTION_TEXT, /* const char *; NULL: not given */
    OPTION_LIST, /* struct option_list; may be given several times */
    OPTION_NUMBER, /* int64_t within min..max */
    OPTION_DURATION, /* int64_t milliseconds; 10s, 5m */
    OPTION_MOMENT, /* int64_t milliseconds since 1970; RFC 3339, or a duration from now */
};

/* Ends with NULL, unless it is empty: then it is NULL. */
struct option_list {
    const char **items;
    size_t count;
};

/* One row an option: reading it, the help and the manual page follow from it. */
struct option_row {
    const char *name;
    char letter; /* its short form; '\0': none */
    enum option_type type;
    size_t offset; /* in the command's options */
    const char *value; /* what the help calls its value */
    const char *help; /* one sentence */
    bool required;
    int64_t standard, min, max; /* of numbers, and of durations where max is not 0 */
    const char *choices; /* of texts and lists: "ASC|DESC"; NULL: any */
};

/* One call of a command. Texts live in the arena or in argv. */
struct call {
    const struct command *command;
    const void *options; /* the command's own structure */
    bool json; /* only JSON on standard output */
    char **operands; /* ends with NULL */
    int operand_count;
    struct arena *arena;
};

struct command {
    const char *name;
    const char *operands; /* "ID…", as the help writes it; "": none */
    const char *summary; /* one line */
    const char *description; /* paragraphs for the manual page and --help */
    const struct option_row *rows;
    size_t row_count;
    size_t options_size;
    int min_operands, max_operands; /* max -1: any number */
    bool wraps; /* the operands are a command of their own: options end at the first */
    int (*run)(const struct call *call); /* gives the exit status */
};

extern const struct command command_run, command_work, command_submit, command_get, command_list,
    command_wait, command_watch, command_logs, command_delete, command_help, command_manual;

/* All of them, in the order of the help; `command_count` of them. */
extern const struct command *const commands[];
extern const size_t command_count;
/* NULL when there is none. */
const struct command *command_find(const char *name);

/*
 * "jobctl NAME: sentence" on standard error, with nothing in it that a terminal would obey; without
 * a command in `call`, "jobctl: sentence". It is lost where standard error takes nothing for a
 * second. Both return `status`, so that `return complain(…)` reads well.
 */
int complain(const struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a failed call of the library, about `what` (may be NULL). */
int complain_error(const struct call *call, const char *what, const struct jobd_error *error);

/* A client by the user's settings; NULL after a complaint. For AUTO(close_client). */
struct jobd_client *open_client(const struct call *call);
void close_client(struct jobd_client **client);

/* Checks that all operands are ids; EXIT_FINE, or EXIT_USAGE after a complaint. */
int check_ids(const struct call *call);

#endif
