/* The options that say what job to create, for every subcommand that creates one. */
#ifndef JOBD_JOBCTL_JOB_OPTIONS_H
#define JOBD_JOBCTL_JOB_OPTIONS_H

#include "jobctl/command.h"

/* A member of the subcommand's own options. */
struct job_options {
    const char *name, *type, *message, *user;
};

#define JOB_OPTION_ROW(options, member, field, ...)                                                \
    {                                                                                              \
        .name = #field, .type = OPTION_TEXT, .offset = offsetof(struct options, member.field),     \
        __VA_ARGS__                                                                                \
    }

/* The rows for the member `member` of `struct options`. */
#define JOB_OPTION_ROWS(options, member)                                                           \
    JOB_OPTION_ROW(options, member, name, .value = "TEXT", .required = true,                       \
                   .help = "The job's name."),                                                     \
        JOB_OPTION_ROW(options, member, type, .value = "TEXT", .required = true,                   \
                       .help = "Its type: what kind of work it is."),                              \
        JOB_OPTION_ROW(options, member, message, .value = "TEXT", .help = "Its first message."),   \
        JOB_OPTION_ROW(options, member, user, .value = "UUID",                                     \
                       .help = "On behalf of whom; workers and administrators may say so.")

#endif
