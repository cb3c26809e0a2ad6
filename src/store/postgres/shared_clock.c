/* The shared lease clock: opened where the others are, and never behind what was kept. */
#include "store/postgres/shared_clock.h"

void shared_clock_open(struct shared_clock *shared, const struct clock *clock,
                       struct kept_time kept)
{
    struct moment now;

    shared->own = lease_clock_open(clock, 0);
    atomic_init(&shared->ahead, 0);
    now = shared_clock_now(shared);
    if (kept.kept_on == 0)
        return;
    shared->own.opened_at = kept.lease;
    if (now.wall > kept.kept_on)
        shared->own.opened_at += now.wall - kept.kept_on;
}

struct moment shared_clock_now(const struct shared_clock *shared)
{
    struct moment now = lease_clock_now(&shared->own);

    now.lease += atomic_load(&shared->ahead);
    return now;
}

void shared_clock_follow(struct shared_clock *shared, struct kept_time kept)
{
    int64_t now = shared_clock_now(shared).lease;

    if (kept.lease > now)
        atomic_fetch_add(&shared->ahead, kept.lease - now);
}
