/* The writer: one thread that takes all waiting calls into one transaction and answers them. */
#ifndef JOBD_STORE_SQLITE_WRITE_WRITER_H
#define JOBD_STORE_SQLITE_WRITE_WRITER_H

#include "base/clock.h"
#include "base/err.h"
#include "store/call_queue.h"
#include "store/news.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/write/ended.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct writer {
    struct sqlite_store *store;
    struct sqlite_reader *connection;
    const struct clock *clock;
    bool background; /* indexes and checkpoints: the daemon's writer */
    pthread_t thread;

    struct call_queue queue;
    _Atomic bool failed; /* the last write did */

    /* The thread's own from here on. */
    int64_t position, change; /* the last ones given */
    int64_t lease_time; /* of the lease clock, as last kept */
    struct news news; /* of the current transaction */
    struct ended_batch ended; /* likewise */
    int64_t data_version; /* of the connection when these were read */
    int64_t keys_stored; /* by the current transaction */
    int64_t created; /* by the current transaction */
    int64_t behind; /* jobs not yet in the index */
    int64_t followed; /* the last change that is in it */
    bool merging; /* there is something to merge in it */
    int64_t indexed; /* jobs since memory was given back */
    int64_t index_at; /* the next time to index under load, or after a failure */
    bool index_failed; /* the last time */
};

/* Opens the writer's state on a connection, which it owns from then on, and starts the thread. */
bool writer_start(struct writer *writer, struct sqlite_store *store,
                  struct sqlite_reader *connection, bool background, struct err *err);

/* Commits and answers what is queued, and ends the thread; the connection is closed later. */
void writer_stop(struct writer *writer);

#endif
