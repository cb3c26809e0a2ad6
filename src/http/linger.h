/* Lingering: what a client still sends behind its answer is read, lest the answer be lost. */
#ifndef JOBD_HTTP_LINGER_H
#define JOBD_HTTP_LINGER_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>

struct lingering; /* any thread */

/* Starts a thread, which sleeps while nobody lingers. */
bool linger_start(const struct clock *clock, struct lingering **ret_lingering, struct err *err);
/* Closes what still lingers; NULL is fine. */
void linger_stop(struct lingering *lingering);

/*
 * Closing a connection with unread bytes resets it, and the reset may overtake the answer. So the
 * socket, which is about to be closed by its owner, is held open by a duplicate: no more is sent,
 * and what comes is thrown away until the client ends it, for two seconds or 32 MiB at most. Does
 * nothing when too many linger already.
 */
void linger_add(struct lingering *lingering, int fd);

#endif
