/* The writer: one thread with one connection, for whose transactions all writes wait. */
#ifndef JOBD_STORE_POSTGRES_WRITE_WRITER_H
#define JOBD_STORE_POSTGRES_WRITE_WRITER_H

#include "base/err.h"
#include "store/call_queue.h"
#include "store/news.h"
#include "store/postgres/connection.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct pg_store;

struct pg_writer {
    struct pg_store *store;
    struct call_queue queue;
    pthread_t thread;
    _Atomic bool failed; /* the last transaction did, or a connection, for want of the database */

    /* The thread's own. */
    struct pg_connection connection;
    bool connected, reconnected; /* ever; and since the last transaction */
    int64_t heard_from; /* lease clock: since then workers' beats have been heard */
    struct news news; /* of the current transaction */
    size_t created, changed; /* jobs, not yet told to the indexer */
    int64_t batch; /* the number of the last transaction that was begun */
};

/* Starts the thread; it connects when there is something to write. */
bool pg_writer_start(struct pg_writer *writer, struct pg_store *store, struct err *err);

/* Answers what is queued and ends the thread. */
void pg_writer_stop(struct pg_writer *writer);

#endif
