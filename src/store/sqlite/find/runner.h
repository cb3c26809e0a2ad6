/* Runners: ways to answer a find, each by itself enough, run against each other in turns. */
#ifndef JOBD_STORE_SQLITE_FIND_RUNNER_H
#define JOBD_STORE_SQLITE_FIND_RUNNER_H

#include "store/sqlite/find/by_date.h"
#include "store/sqlite/find/by_name.h"
#include "store/sqlite/find/gather.h"
#include "store/sqlite/find/sieve.h"
#include "store/sqlite/find/values.h"
#include "store/sqlite/find/walk.h"

enum runner_kind {
    RUNNER_ORDERED, /* a source's candidates, value by value: done with a full page; but few as by
                     */
    RUNNER_ALL, /* all candidates of a source, the best of them kept: done at their end */
    RUNNER_GATHER, /* the same of what need not be tested, in any order */
    RUNNER_BY_DATE, /* candidates by stretches of time: done when the best are sure */
    RUNNER_BY_NAME, /* candidates by ranges of names: likewise */
    RUNNER_WALK, /* an index in the query's order: done with a full page */
};

struct runner {
    enum runner_kind kind;
    enum source_kind candidates; /* of RUNNER_ORDERED and RUNNER_ALL */
    bool done;
    size_t piece; /* how much to read next */
    size_t before; /* how many were found when the last one was read */
    int64_t taken; /* ns */
    int64_t spent; /* the same as it counts in the race */
    struct sieve sieve; /* of a walk by date */
    struct best best; /* the answer, when done */
    /* RUNNER_ORDERED, RUNNER_ALL */
    struct source source;
    bool has_source;
    struct values values;
    struct scope scope; /* of the value at hand */
    /* RUNNER_GATHER */
    struct gather gather;
    /* RUNNER_BY_DATE */
    struct by_date by_date;
    /* RUNNER_BY_NAME */
    struct by_name by_name;
    /* RUNNER_WALK */
    struct walk walk;
};

#define RUNNERS_MAX 2

/* In the search's memory; it is released by the caller if there was no problem. */
enum problem runner_new(struct search *search, enum runner_kind kind, enum source_kind candidates,
                        struct runner **ret_runner);
void runner_release(struct runner *runner);

/*
 * Runs all, piece by piece, always the one that has spent the least time so far, until one is done,
 * which is *ret_first. Time counts more for who promises to be done later, or is less likely to be
 * first. So the answer takes little longer than by the best of them where that can be told, and no
 * more than a few times as long where it cannot.
 */
enum problem runner_race(struct search *search, struct runner **runners, size_t count,
                         struct runner **ret_first);

#endif
