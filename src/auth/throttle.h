/* The throttle: an address that keeps failing to sign in waits before its next password hash. */
#ifndef JOBD_AUTH_THROTTLE_H
#define JOBD_AUTH_THROTTLE_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct throttle; /* any thread */

/* `failures` in a row are free, then one every THROTTLE_PAUSE_MS; 0: everything is. NULL without
 * memory. */
#define THROTTLE_PAUSE_MS 6000
struct throttle *throttle_new(unsigned failures);
void throttle_free(struct throttle *throttle);

/*
 * Takes one attempt from the address; false when it has none left, then `ret_wait_ms` says when it
 * has. An attempt that succeeds is given back by throttle_refund, so that only failures count,
 * however many run at once.
 */
bool throttle_take(struct throttle *throttle, struct span address, int64_t now_ms,
                   int64_t *ret_wait_ms);
void throttle_refund(struct throttle *throttle, struct span address);

#endif
