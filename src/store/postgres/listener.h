/* The listener: hears what other daemons committed, tells the observer, and guards the store. */
#ifndef JOBD_STORE_POSTGRES_LISTENER_H
#define JOBD_STORE_POSTGRES_LISTENER_H

#include "base/err.h"
#include "store/postgres/connection.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct news;
struct pg_store;

struct listener {
    struct pg_store *store;
    pthread_t thread;
    int stop[2]; /* a pipe that ends its sleep */
    _Atomic bool stopping;
};

/*
 * Starts the thread. A notification only wakes; whoever is woken asks the tables. After the
 * connection was lost, everything that may have been missed is told.
 */
bool listener_start(struct listener *listener, struct pg_store *store, struct err *err);
void listener_stop(struct listener *listener);

/*
 * Sends the notifications of a transaction's news, in that transaction: others hear them when it is
 * committed.
 */
void listener_notify(struct pg_store *store, struct pg_connection *connection,
                     const struct news *news);

#endif
