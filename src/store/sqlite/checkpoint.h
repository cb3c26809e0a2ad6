/* Checkpoints: copying the write-ahead log back into the file, so that it stays small. */
#ifndef JOBD_STORE_SQLITE_CHECKPOINT_H
#define JOBD_STORE_SQLITE_CHECKPOINT_H

#include "base/err.h"
#include "store/sqlite/pool.h"
#include "store/sqlite/sqlite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* In frames of a page each: where a checkpoint starts, and where the writer waits for one. */
#define CHECKPOINT_START 4000
#define CHECKPOINT_FORCE 12000
/* What the writer copies itself. */
#define CHECKPOINT_REST 500

/*
 * A thread with a connection of its own copies while the writer goes on writing; it cannot finish,
 * for meanwhile the log grows. So when it has come close, the writer copies the small rest between
 * two transactions, and the log starts again from its beginning.
 */
struct checkpointer {
    struct sqlite_reader *connection;
    sqlite3 *writer;
    struct pool *pool;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted, rests;
    bool want, closing; /* under the lock */
    _Atomic bool running; /* made false under the lock */
    _Atomic int copied; /* frames, by the last pass of the thread; 0: none since the log began */
    int frames; /* in the log; the writer thread's own */
    int start_at, force_at; /* likewise: how many of them make it act */
};

/*
 * Takes the connection over and starts the thread. `writer` tells of its commits from then on; the
 * readers of `pool` stand aside.
 */
bool checkpoint_start(struct checkpointer *checkpointer, struct sqlite_reader *connection,
                      sqlite3 *writer, struct pool *pool, struct err *err);

/* Ends the thread, when the writer's is gone, and closes the connection. */
void checkpoint_stop(struct checkpointer *checkpointer);

/* After each batch, outside of a transaction; the writer's thread. */
void checkpoint_after_commit(struct checkpointer *checkpointer);

#endif
