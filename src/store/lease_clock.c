/* The lease clock: starts at the later of two times, then follows the monotonic clock. */
#include "store/lease_clock.h"

#define NS_PER_MS 1000000

static int64_t wall_of(const struct clock *clock)
{
    int64_t now = clock_wall_ms(clock);

    return now > 0 ? now : 0;
}

struct lease_clock lease_clock_open(const struct clock *clock, int64_t last)
{
    int64_t wall = wall_of(clock);

    return (struct lease_clock){
        .clock = clock,
        .opened_at = wall > last ? wall : last,
        .opened_mono_ns = clock_mono_ns(clock),
    };
}

struct moment lease_clock_now(const struct lease_clock *clock)
{
    int64_t since = clock_mono_ns(clock->clock) - clock->opened_mono_ns;

    return (struct moment){
        .wall = wall_of(clock->clock),
        .lease = clock->opened_at + since / NS_PER_MS,
    };
}

bool lease_clock_must_keep(int64_t kept, struct moment now)
{
    return now.lease >= kept + LEASE_CLOCK_GRAIN_MS;
}

/* A beat since then has put the end behind `until` already, so this happens once. */
bool lease_clock_spare(int64_t heard_from, struct lease *lease, struct moment now)
{
    int64_t until = heard_from + lease->lease_ms;

    if (lease->expires_at >= until || until <= now.lease)
        return false;
    lease->expires_at = until;
    return true;
}
