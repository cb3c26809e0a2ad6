/* The lease clock: time that no jump of the wall clock touches, within a run and across them. */
#ifndef JOBD_STORE_LEASE_CLOCK_H
#define JOBD_STORE_LEASE_CLOCK_H

#include "base/clock.h"
#include "model/lease.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Leases run out by a clock in milliseconds that starts, when a store is opened, at the wall clock
 * or where it last was known to stand, whichever is later, and from then on follows the monotonic
 * clock alone. So a wall clock that jumps
 *
 *   forward, while running   is not looked at: nothing is freed
 *   back, while running      is not looked at: nothing lives longer
 *   forward, between runs    starts the lease clock that much later. Every lease of an earlier run
 *                            then seems to have run out; that is what lease_clock_spare is for: it
 *                            has its whole length from the opening, in which its worker can beat
 *   back, between runs       leaves the lease clock where it was last known to stand, so a lease
 *                            still ends within its length and LEASE_CLOCK_GRAIN_MS of the opening
 *
 * What it stood at is kept with the data, in the transactions that grant and extend leases, but
 * only once it is LEASE_CLOCK_GRAIN_MS behind: a lease can be no further ahead of what was kept
 * than that and its own length. A clock that once ran ahead of the wall clock stays ahead of it,
 * which nobody sees: the outside is told lease_expires_on. While the machine is suspended the
 * clock stands still, as its workers may.
 *
 * Immutable once opened; any thread.
 */
struct lease_clock {
    const struct clock *clock;
    int64_t opened_at; /* what it showed at the opening */
    int64_t opened_mono_ns;
};

#define LEASE_CLOCK_GRAIN_MS INT64_C(60000)

/* `last` is what was kept; 0: nothing. */
struct lease_clock lease_clock_open(const struct clock *clock, int64_t last);

/* Both clocks; the wall clock never before 1970. */
struct moment lease_clock_now(const struct lease_clock *clock);

/* Whether `now` must be kept, where `kept` is. */
bool lease_clock_must_keep(int64_t kept, struct moment now);

/*
 * Extends a lease that is due, when its holder was last heard of before `heard_from` (the opening,
 * or when a database came back) and its own length since then is not over yet: nobody may have been
 * there to hear its beats. False, and the lease untouched, when it has run out indeed.
 */
bool lease_clock_spare(int64_t heard_from, struct lease *lease, struct moment now);

#endif
