/* The pool of read connections. */
#ifndef JOBD_STORE_SQLITE_POOL_H
#define JOBD_STORE_SQLITE_POOL_H

#include "base/err.h"
#include "store/sqlite/sqlite.h"

#include <pthread.h>

/* Each takes about a megabyte when it has been busy, and up to four more for answers among millions
 * of jobs (index/answers.h). */
#define POOL_MAX 16

/* The last one given back is the first to be taken: its caches are warm. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct sqlite_reader *idle;
    int count;
    const char *path;
    bool keep; /* snapshots between reads */
};

/* `path` must live as long as the pool; `keep`: somebody calls pool_drop_snapshots at times. */
void pool_init(struct pool *pool, const char *path, bool keep);

/* All readers are back by then. */
void pool_release(struct pool *pool);

/* Waits for one when all are in use; NULL with a sentence when none can be opened. */
struct sqlite_reader *pool_take(struct pool *pool, struct err *err);
void pool_give(struct pool *pool, struct sqlite_reader *reader);

/* Drops the snapshots of the readers that are idle, so that a checkpoint can go on. Any thread. */
void pool_drop_snapshots(struct pool *pool);

#endif
