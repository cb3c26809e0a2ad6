/* The guard: daemons share a store, whoever moves it has it for itself alone. */
#ifndef JOBD_STORE_POSTGRES_GUARD_H
#define JOBD_STORE_POSTGRES_GUARD_H

#include "base/err.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How long the guard of who has just closed a store may still be there: the server lets go of it
 * when it has noticed that the connection is closed, which nobody waits for.
 */
#define GUARD_LINGER_MS 2000

/*
 * Both hold for as long as the connection lasts, which is not in pipeline mode. False with a
 * sentence: the guard is another's, and was for `patience_ms` milliseconds. A daemon that lost its
 * connection takes part again with the next one; a move that begins in between is not told of it,
 * and finds out by comparing.
 */
bool guard_share(PGconn *conn, int64_t patience_ms, struct err *err);
bool guard_take(PGconn *conn, int64_t patience_ms, struct err *err);

#endif
