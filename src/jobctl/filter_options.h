/* The options that say which jobs, for every subcommand that finds or follows some. */
#ifndef JOBD_JOBCTL_FILTER_OPTIONS_H
#define JOBD_JOBCTL_FILTER_OPTIONS_H

#include "jobctl/command.h"

/* A member of the subcommand's own options. */
struct filter_options {
    const char *name, *match, *user;
    struct option_list states, results, types;
};

#define FILTER_OPTION_ROW(structure, member, field, ...)                                           \
    {                                                                                              \
        .offset = offsetof(structure, member.field), __VA_ARGS__                                   \
    }

/* The rows for the member `member` of `structure`. */
#define FILTER_OPTION_ROWS(structure, member)                                                      \
    FILTER_OPTION_ROW(structure, member, name, .name = "name", .type = OPTION_TEXT,                \
                      .value = "TEXT", .help = "Jobs with this in their name."),                   \
        FILTER_OPTION_ROW(structure, member, match, .name = "match", .type = OPTION_TEXT,          \
                          .value = "MODE", .choices = "START|END|ANYWHERE|EXACT",                  \
                          .help = "Where in the name; EXACT minds the case. Default: ANYWHERE."),  \
        FILTER_OPTION_ROW(structure, member, states, .name = "state", .type = OPTION_LIST,         \
                          .value = "STATE", .choices = "WAITING|RUNNING|COMPLETED|FAILED|DELETED", \
                          .help = "Jobs in this state; several may be given."),                    \
        FILTER_OPTION_ROW(structure, member, results, .name = "result", .type = OPTION_LIST,       \
                          .value = "RESULT",                                                       \
                          .choices = "NOT_SET|SUCCESS|COMPLETED_WITH_ERROR|FAILURE|ABORTED",       \
                          .help = "Jobs with this result; several may be given."),                 \
        FILTER_OPTION_ROW(structure, member, types, .name = "type", .type = OPTION_LIST,           \
                          .value = "TYPE", .help = "Jobs of this type; several may be given."),    \
        FILTER_OPTION_ROW(structure, member, user, .name = "user", .type = OPTION_TEXT,            \
                          .value = "UUID", .help = "Jobs of this user.")

/* The texts stay those of the options. */
static inline struct jobd_query filter_query(const struct filter_options *filter)
{
    return (struct jobd_query){
        .name = filter->name,
        .name_match_mode = filter->match,
        .states = filter->states.items,
        .results = filter->results.items,
        .types = filter->types.items,
        .user = filter->user,
    };
}

#endif
