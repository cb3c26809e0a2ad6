/* Sleepers: a list of those who wait, each until its time is over or nobody is there to hear. */
#ifndef JOBD_SERVICE_SLEEPERS_H
#define JOBD_SERVICE_SLEEPERS_H

#include <stdbool.h>
#include <stdint.h>

/* Who waits; the owner's memory. */
struct sleeper {
    int64_t deadline_ns; /* monotonic */
    /* Whether its client has hung up; asked about twice a second, on any thread; quick. */
    bool (*gone)(void *context);
    void *context;
    struct sleeper *previous, *next; /* the list's own */
};

/* Start from {0}. One thread at a time. */
struct sleepers {
    struct sleeper *first, *last;
    int64_t look_ns, sweep_ns; /* when to look who is gone, and whose time is over */
};

/* It sleeps, behind `before`; NULL: at the front. */
void sleepers_add(struct sleepers *sleepers, struct sleeper *sleeper, struct sleeper *before,
                  int64_t now_ns);
void sleepers_remove(struct sleepers *sleepers, struct sleeper *sleeper);

/* When there may be somebody to sweep out; INT64_MAX: nobody sleeps. */
int64_t sleepers_due(const struct sleepers *sleepers);

/*
 * Takes those out of the list who need not wait any more, or all of them, chained by `next`. Who
 * has gone has no time left either from then on.
 */
struct sleeper *sleepers_sweep(struct sleepers *sleepers, bool all, int64_t now_ns);

#endif
