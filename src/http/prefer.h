/* Preferences: how long a client is willing to wait. */
#ifndef JOBD_HTTP_PREFER_H
#define JOBD_HTTP_PREFER_H

#include "base/span.h"

#include <stdint.h>

/*
 * The seconds of `wait` in a Prefer header (RFC 7240), at most `max`; 0 without one. What is
 * malformed or unknown is ignored, as preferences are.
 */
int64_t prefer_wait(struct span prefer, int64_t max);

#endif
