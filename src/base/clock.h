/* Time: an injectable clock, and RFC 3339 in both directions. */
#ifndef JOBD_BASE_CLOCK_H
#define JOBD_BASE_CLOCK_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Wall time is milliseconds since 1970 in UTC; monotonic time is nanoseconds since some start.
 * Thread-safe.
 */
struct clock {
    int64_t (*wall_ms)(const struct clock *clock);
    int64_t (*mono_ns)(const struct clock *clock);
};

/* The machine's own clock. */
extern const struct clock clock_system;

static inline int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock);
}

static inline int64_t clock_mono_ns(const struct clock *clock)
{
    return clock->mono_ns(clock);
}

/* The latest time that can be written: 9999-12-31T23:59:59.999Z. The earliest is 0. */
#define CLOCK_MAX_MS INT64_C(253402300799999)

/* "2026-11-23T17:21:05.123Z" and its NUL. */
#define CLOCK_TEXT_SIZE 25

/* `ms` is within 0..CLOCK_MAX_MS. */
void clock_format(int64_t ms, char ret_text[static CLOCK_TEXT_SIZE]);

/*
 * Strict RFC 3339 with any offset and any number of fraction digits (beyond milliseconds cut off);
 * leap second 60 counts as 59. False also for times outside 0..CLOCK_MAX_MS.
 */
bool clock_parse(struct span text, int64_t *ret_ms);

#endif
