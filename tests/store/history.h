/* What was written to a store, version by version, so that it can be seen as of any moment. */
#ifndef JOBD_TESTS_STORE_HISTORY_H
#define JOBD_TESTS_STORE_HISTORY_H

#include "shadow.h"

/* A job as a write left it; its change number is the moment of that write. */
struct version {
    struct job job;
    size_t index; /* the job's in the shadow */
    int64_t before, until; /* change numbers of the versions around it; 0: none, INT64_MAX: none */
};

/* One thread. */
struct history {
    struct shadow shadow; /* as of `moment` */
    int64_t moment;
    struct version *versions; /* at their change numbers, which begin with 1 */
    int64_t count;
    size_t jobs;
};

void history_init(struct history *history);
void history_release(struct history *history);

/*
 * Adds what writes answered since the last time, in any order; a write that changed nothing may
 * have answered a version again. Texts are borrowed. Fails the test when a change number is left
 * out or stands for two versions.
 */
void history_add(struct history *history, const struct job *jobs, size_t count);

/* The store right after a change, until the next call. */
const struct shadow *history_at(struct history *history, int64_t moment);

/* The version of a page's row, NULL when there never was one. */
const struct version *history_find(const struct history *history, const struct job *row);

#endif
