/* Traffic: how many requests are under way, and waiting until none is. */
#ifndef JOBD_HTTP_TRAFFIC_H
#define JOBD_HTTP_TRAFFIC_H

#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Counted by the server's threads, waited for by the one that stops it. */
struct traffic {
    _Atomic int in_flight;
    _Atomic int suspended; /* of those in flight, the ones that wait for somebody */
};

/* Returns when nothing was in flight for a moment, when the time is over, or when told to hurry. */
void traffic_await_quiet(const struct traffic *traffic, const struct clock *clock,
                         int64_t timeout_ms, const _Atomic bool *hurry);

/* Returns when nothing is suspended. */
void traffic_await_resumed(const struct traffic *traffic);

#endif
