/* Reach: what one thread learns of a database that is away, all of them know. */
#ifndef JOBD_STORE_POSTGRES_REACH_H
#define JOBD_STORE_POSTGRES_REACH_H

#include "base/err.h"
#include "model/problem.h"
#include "store/postgres/connection.h"

#include <pthread.h>
#include <stdint.h>

struct pg_store;

struct reach {
    pthread_mutex_t lock; /* of the others */
    int64_t away_until; /* monotonic nanoseconds: nobody tries to connect before */
    struct err reason; /* what the last one who failed was told */
};

void reach_init(struct reach *reach);
void reach_release(struct reach *reach);

/*
 * As pg_connect, but for a moment after somebody failed it fails at once and as that one did: where
 * a try takes seconds, what is queued does not wait for as many of them. Any thread.
 */
enum problem reach_connect(struct pg_store *store, struct pg_connection *connection,
                           struct err *err);

/* Somebody lost the database: whoever asks whether it takes writes finds out. */
void reach_lost(struct pg_store *store);

#endif
