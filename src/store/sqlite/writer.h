/* The writer: one thread that takes all waiting calls into one transaction and answers them. */
#ifndef JOBD_STORE_SQLITE_WRITER_H
#define JOBD_STORE_SQLITE_WRITER_H

#include "base/clock.h"
#include "base/err.h"
#include "store/news.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a queued call is; kept in store_call.operation. */
enum write_operation {
    WRITE_CREATE, /* struct store_create */
    WRITE_UPDATE, /* struct store_update */
    WRITE_ACCOUNT, /* struct store_account */
    WRITE_CLAIM, /* struct store_claim */
    WRITE_REAP, /* struct store_reap */
    WRITE_PROBE, /* struct store_probe: writes something that means nothing */
};

/* Calls in a row, linked by `next`. */
struct call_list {
    struct store_call *first, *last;
    size_t count;
};

struct writer {
    struct sqlite_store *store;
    struct sqlite_reader *connection;
    const struct clock *clock;
    bool background; /* indexes and checkpoints: the daemon's writer */
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows, up to the blank line */
    pthread_cond_t more;
    struct call_list queue;
    size_t wake_at; /* this many in the queue wake the thread */
    bool closing;

    _Atomic bool busy; /* calls are waiting; a hint to stop indexing */
    _Atomic bool failed; /* the last write did */

    /* The thread's own from here on. */
    struct call_list taken; /* out of the queue, not yet in a transaction */
    size_t callers; /* who waited at the end of the last transaction, its own calls included */
    int64_t position, change; /* the last ones given */
    int64_t lease_time; /* of the lease clock, as last kept */
    struct news news; /* of the current transaction */
    int64_t data_version; /* of the connection when these were read */
    int64_t keys_stored; /* by the current transaction */
    int64_t created; /* by the current transaction */
    int64_t behind; /* jobs not yet in the name index */
    int64_t index_at; /* the next time to index under load, or after a failure */
    bool index_failed; /* the last time */
};

/* Opens the writer's state on a connection, which it owns from then on, and starts the thread. */
bool writer_start(struct writer *writer, struct sqlite_store *store,
                  struct sqlite_reader *connection, bool background, struct err *err);

/* Commits and answers what is queued, and ends the thread; the connection is closed later. */
void writer_stop(struct writer *writer);

/* Queues a call; any thread. */
void writer_submit(struct writer *writer, struct store_call *call, enum write_operation operation);

/* Answers at once when the last write succeeded, queues a write that finds out otherwise; any
 * thread. */
void writer_probe(struct writer *writer, struct store_probe *probe);

/*
 * Takes the next call that waits, or NULL; the writer's thread. Calls that come while a transaction
 * runs still get into it.
 */
struct store_call *writer_next(struct writer *writer);

/* How many calls wait for a transaction; the writer's thread. */
size_t writer_waiting(struct writer *writer);
#endif
