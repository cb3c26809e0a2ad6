/* The watchdog: cuts connections that are past their deadline, whatever they are dribbling. */
#ifndef JOBD_HTTP_WATCHDOG_H
#define JOBD_HTTP_WATCHDOG_H

#include "base/clock.h"
#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One connection under watch; the owner's memory between watch and unwatch. */
struct watched {
    int fd;
    _Atomic int64_t deadline_ns; /* monotonic; 0: none */
    struct watched *previous, *next;
};

struct watchdog; /* any thread */

/* Starts a thread that looks four times a second. */
bool watchdog_start(const struct clock *clock, struct watchdog **ret_watchdog, struct err *err);
void watchdog_stop(struct watchdog *watchdog);

/* The descriptor must stay open until unwatch returns. */
void watchdog_watch(struct watchdog *watchdog, struct watched *watched);
void watchdog_unwatch(struct watchdog *watchdog, struct watched *watched);

/* The deadline is `timeout_ms` from now; negative: none. */
void watchdog_expect(struct watchdog *watchdog, struct watched *watched, int64_t timeout_ms);

#endif
