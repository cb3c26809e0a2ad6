/* A captured stream: passed on byte for byte, while its lines are looked at. */
#ifndef JOBD_JOBCTL_PUMP_H
#define JOBD_JOBCTL_PUMP_H

#include "base/span.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct lines;

struct pump {
    int from; /* does not block; -1: none, or at its end */
    int to; /* -1: nothing is passed on */
    struct lines *lines;
    size_t at, len; /* what of `bytes` is yet to be written */
    bool at_once; /* `to` takes any amount without blocking */
    char bytes[65536];
};

/* Takes over neither descriptor. */
void pump_init(struct pump *pump, int from, int to, struct lines *lines);

/* What to wait for: readable `from` or writable `to`; fd -1 when it has ended. */
struct pollfd pump_wants(const struct pump *pump);

/* Moves what can be moved without waiting, after `events` have come. */
void pump_move(struct pump *pump, short events);

/* Whether there is something that must still be written. */
bool pump_is_full(const struct pump *pump);

#endif
