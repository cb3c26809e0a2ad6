/* The pool of read connections: a stack, filled on demand up to a bound. */
#include "store/sqlite/pool.h"

#include "store/sqlite/connection.h"
#include "store/sqlite/snapshot.h"

#include <assert.h>

void pool_init(struct pool *pool, const char *path, bool keep)
{
    *pool = (struct pool){.path = path, .keep = keep};
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->returned, NULL);
}

void pool_release(struct pool *pool)
{
    while (pool->idle != NULL) {
        struct sqlite_reader *reader = pool->idle;
        pool->idle = reader->next;
        pool->count--;
        connection_close(reader);
    }
    assert(pool->count == 0);
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
}

/* Opening takes long enough to let others go on meanwhile; `count` already holds its place. */
static struct sqlite_reader *open_another(struct pool *pool, struct err *err)
{
    struct sqlite_reader *reader = NULL;

    if (connection_open(pool->path, CONNECTION_READS, &reader, err))
        return reader;
    pthread_mutex_lock(&pool->lock);
    pool->count--;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct sqlite_reader *pool_take(struct pool *pool, struct err *err)
{
    struct sqlite_reader *reader;

    pthread_mutex_lock(&pool->lock);
    while (pool->idle == NULL && pool->count == POOL_MAX)
        pthread_cond_wait(&pool->returned, &pool->lock);
    reader = pool->idle;
    if (reader != NULL)
        pool->idle = reader->next;
    else
        pool->count++;
    pthread_mutex_unlock(&pool->lock);
    if (reader == NULL)
        reader = open_another(pool, err);
    if (reader != NULL)
        snapshot_take(reader);
    return reader;
}

void pool_give(struct pool *pool, struct sqlite_reader *reader)
{
    snapshot_give(reader, pool->keep);
    pthread_mutex_lock(&pool->lock);
    reader->next = pool->idle;
    pool->idle = reader;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
}

void pool_drop_snapshots(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    for (struct sqlite_reader *reader = pool->idle; reader != NULL; reader = reader->next)
        snapshot_drop(reader);
    pthread_mutex_unlock(&pool->lock);
}
