/* The guard: daemons share a store, whoever moves it has it for itself alone. */
#ifndef JOBD_STORE_POSTGRES_GUARD_H
#define JOBD_STORE_POSTGRES_GUARD_H

#include "base/err.h"

#include <libpq-fe.h>
#include <stdbool.h>

/*
 * Both hold for as long as the connection lasts, which is not in pipeline mode. They do not wait:
 * false with a sentence. A daemon that lost its connection takes part again with the next one; a
 * move that begins in between is not told of it, and finds out by comparing.
 */
bool guard_share(PGconn *conn, struct err *err);
bool guard_take(PGconn *conn, struct err *err);

#endif
