/* Back-off: how long to leave a server alone that did not answer, or asks for patience. */
#ifndef JOBD_CLIENT_BACKOFF_H
#define JOBD_CLIENT_BACKOFF_H

#include "jobd.h"

#include <stdint.h>

/* Start from {0}, and go back to it after each success. */
struct backoff {
    int failures; /* in a row */
};

/*
 * Counts a failure and gives the pause after it in nanoseconds: a quarter of a second, twice as
 * long after each failure up to `longest`, a random part of it less, so that many who lost the same
 * server do not come back at once; and not before the time the server asked for, if it did.
 */
int64_t backoff_pause(struct backoff *backoff, const struct jobd_error *error, int64_t longest);

#endif
