/* A captured stream: passed on byte for byte, while somebody looks at it. */
#ifndef JOBD_JOBCTL_PUMP_H
#define JOBD_JOBCTL_PUMP_H

#include "base/span.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pump {
    int from; /* does not block; -1: none, or at its end */
    int to; /* -1: nothing is passed on */
    void (*look)(void *context, struct span bytes); /* no bytes: it has ended */
    void *context;
    size_t at, len; /* what of `bytes` is yet to be written */
    uint64_t total, goal; /* bytes read so far; how many it must be before all is through */
    bool at_once; /* `to` takes any amount without blocking */
    bool optional; /* where `to` takes no more, reading goes on; for the caller to set */
    char bytes[65536];
};

/*
 * Takes over `from`, which it closes at its end, and where `to` takes no more; who looks is for the
 * caller to set. Pumps of several threads may write to the same place.
 */
void pump_init(struct pump *pump, int from, int to);

/* Nobody listens any more: closing our end is how the command learns it. */
void pump_close(struct pump *pump);

/* What to wait for: readable `from` or writable `to`; fd -1 when it has ended. */
struct pollfd pump_wants(const struct pump *pump);

/* Moves what can be moved without waiting, after `events` have come. */
void pump_move(struct pump *pump, short events);

/* From now on: all that is on its way already must pass, whatever comes later need not. */
void pump_set_goal(struct pump *pump);
bool pump_is_owing(const struct pump *pump);

#endif
