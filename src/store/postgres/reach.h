/* Reach: what one thread learns of a database that is away, all of them know. */
#ifndef JOBD_STORE_POSTGRES_REACH_H
#define JOBD_STORE_POSTGRES_REACH_H

#include "base/err.h"
#include "model/problem.h"
#include "store/postgres/connection.h"

struct pg_store;

/*
 * As pg_connect, but fails at once for a moment after somebody failed: where a try takes seconds,
 * what is queued does not wait for as many of them. Any thread.
 */
enum problem reach_connect(struct pg_store *store, struct pg_connection *connection,
                           struct err *err);

/* Somebody lost the database: whoever asks whether it takes writes finds out. */
void reach_lost(struct pg_store *store);

#endif
