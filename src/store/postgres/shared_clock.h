/* The lease clock that several daemons share: each one's own, drawn forward by whoever is ahead. */
#ifndef JOBD_STORE_POSTGRES_SHARED_CLOCK_H
#define JOBD_STORE_POSTGRES_SHARED_CLOCK_H

#include "store/lease_clock.h"

#include <stdatomic.h>

/*
 * Each daemon's lease clock follows its own monotonic clock. What it shows is kept with the data by
 * each transaction, beside the wall clock of that moment; every transaction first looks there, and
 * a clock that is behind jumps forward. So all of them agree but for how far apart their wall
 * clocks were when they joined, and a lease that one grants is never over for another. Any thread.
 */
struct shared_clock {
    struct lease_clock own;
    _Atomic int64_t ahead; /* what was jumped so far */
};

/* What was kept: what the lease clock showed when the wall clock showed `kept_on`; 0: nothing. */
struct kept_time {
    int64_t lease, kept_on;
};

/* Joins: as far on as the wall clock says since. */
void shared_clock_open(struct shared_clock *shared, const struct clock *clock,
                       struct kept_time kept);

struct moment shared_clock_now(const struct shared_clock *shared);

/* Jumps to what was kept, if that is ahead. */
void shared_clock_follow(struct shared_clock *shared, struct kept_time kept);

#endif
