/* Traffic: how many requests are under way, and waiting until none is. */
#include "http/traffic.h"

#include <time.h>

/*
 * A request may lie in a socket's buffer, sent but not read yet: only when nothing has been in
 * flight for so long has everything that was sent before been answered.
 */
#define QUIET_NS (100 * INT64_C(1000000))

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

void traffic_await_quiet(const struct traffic *traffic, const struct clock *clock,
                         int64_t timeout_ms, const _Atomic bool *hurry)
{
    int64_t now = clock_mono_ns(clock), end = now + timeout_ms * 1000000, quiet_since = now;
    while (now < end && now - quiet_since < QUIET_NS && !atomic_load(hurry)) {
        nap();
        now = clock_mono_ns(clock);
        if (atomic_load(&traffic->in_flight) > 0)
            quiet_since = now;
    }
}

void traffic_await_resumed(const struct traffic *traffic)
{
    while (atomic_load(&traffic->suspended) > 0)
        nap();
}
