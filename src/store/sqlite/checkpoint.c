/* Checkpoints: passes of a background thread, the rest by the writer, force at the bound. */
#include "store/sqlite/checkpoint.h"

#include "base/thread.h"
#include "store/sqlite/connection.h"

/* A pass takes what the passes before it let grow; each is a fraction of the one before. */
#define PASSES 4
/* How long readers are waited for when the log must be reset. */
#define FORCE_WAIT_MS 200

static int on_commit(void *context, sqlite3 *db, const char *schema, int frames)
{
    struct checkpointer *checkpointer = context;

    (void)db;
    (void)schema;
    /* The log began anew: what was copied of the old one says nothing about this one. */
    if (frames < checkpointer->frames) {
        atomic_store(&checkpointer->copied, 0);
        checkpointer->start_at = CHECKPOINT_START;
        checkpointer->force_at = CHECKPOINT_FORCE;
    }
    checkpointer->frames = frames;
    return SQLITE_OK;
}

static void copy(struct checkpointer *checkpointer)
{
    int frames = 0, copied = 0;

    for (int pass = 0; pass < PASSES; pass++) {
        int before = copied;
        pool_drop_snapshots(checkpointer->pool);
        if (sqlite3_wal_checkpoint_v2(checkpointer->connection->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                      &frames, &copied) != SQLITE_OK)
            return;
        atomic_store(&checkpointer->copied, copied);
        if (frames - copied < CHECKPOINT_REST || copied <= before)
            return;
    }
}

static void *run(void *argument)
{
    struct checkpointer *checkpointer = argument;

    pthread_mutex_lock(&checkpointer->lock);
    while (!checkpointer->closing) {
        if (!checkpointer->want) {
            pthread_cond_wait(&checkpointer->wanted, &checkpointer->lock);
            continue;
        }
        checkpointer->want = false;
        pthread_mutex_unlock(&checkpointer->lock);
        copy(checkpointer);
        pthread_mutex_lock(&checkpointer->lock);
        atomic_store(&checkpointer->running, false);
        pthread_cond_signal(&checkpointer->rests);
    }
    pthread_mutex_unlock(&checkpointer->lock);
    return NULL;
}

bool checkpoint_start(struct checkpointer *checkpointer, struct sqlite_reader *connection,
                      sqlite3 *writer, struct pool *pool, struct err *err)
{
    *checkpointer = (struct checkpointer){
        .connection = connection,
        .writer = writer,
        .pool = pool,
        .start_at = CHECKPOINT_START,
        .force_at = CHECKPOINT_FORCE,
    };
    pthread_mutex_init(&checkpointer->lock, NULL);
    pthread_cond_init(&checkpointer->wanted, NULL);
    pthread_cond_init(&checkpointer->rests, NULL);
    if (!thread_start(&checkpointer->thread, run, checkpointer, err))
        return false;
    sqlite3_wal_hook(writer, on_commit, checkpointer);
    return true;
}

void checkpoint_stop(struct checkpointer *checkpointer)
{
    thread_end(checkpointer->thread, &checkpointer->lock, &checkpointer->wanted,
               &checkpointer->closing);
    pthread_cond_destroy(&checkpointer->wanted);
    pthread_cond_destroy(&checkpointer->rests);
    pthread_mutex_destroy(&checkpointer->lock);
    connection_close(checkpointer->connection);
}

static void start_copying(struct checkpointer *checkpointer)
{
    atomic_store(&checkpointer->running, true);
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->want = true;
    pthread_mutex_unlock(&checkpointer->lock);
    pthread_cond_signal(&checkpointer->wanted);
}

static void await_rest(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->lock);
    while (atomic_load(&checkpointer->running))
        pthread_cond_wait(&checkpointer->rests, &checkpointer->lock);
    pthread_mutex_unlock(&checkpointer->lock);
}

/*
 * Waits for the thread, which can only copy what there is, and for readers, and lets the next
 * commit begin the log anew. When a reader stays too long (a backup, say), the log grows by another
 * piece before the next attempt, so that commits do not wait each time.
 */
static void force(struct checkpointer *checkpointer)
{
    await_rest(checkpointer);
    pool_drop_snapshots(checkpointer->pool);
    sqlite3_busy_timeout(checkpointer->writer, FORCE_WAIT_MS);
    if (sqlite3_wal_checkpoint_v2(checkpointer->writer, NULL, SQLITE_CHECKPOINT_RESTART, NULL,
                                  NULL) != SQLITE_OK)
        checkpointer->force_at = checkpointer->frames + CHECKPOINT_START;
    sqlite3_busy_timeout(checkpointer->writer, CONNECTION_BUSY_MS);
}

/* False when the rest is too long for the writer, which others wait for. */
static bool copy_rest(struct checkpointer *checkpointer)
{
    int copied = atomic_load(&checkpointer->copied);

    if (copied == 0 || copied > checkpointer->frames ||
        checkpointer->frames - copied >= CHECKPOINT_REST)
        return false;
    pool_drop_snapshots(checkpointer->pool);
    if (checkpointer->frames > copied &&
        sqlite3_wal_checkpoint_v2(checkpointer->writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                  &copied) == SQLITE_OK)
        atomic_store(&checkpointer->copied, copied);
    return true;
}

/* Where a reader keeps the log from beginning anew, the next attempt comes a little later. */
void checkpoint_after_commit(struct checkpointer *checkpointer)
{
    if (checkpointer->frames >= checkpointer->force_at) {
        force(checkpointer);
        return;
    }
    if (checkpointer->frames < checkpointer->start_at || atomic_load(&checkpointer->running))
        return;
    if (copy_rest(checkpointer)) {
        checkpointer->start_at = checkpointer->frames + CHECKPOINT_REST / 8;
    } else {
        start_copying(checkpointer);
        checkpointer->start_at = checkpointer->frames + CHECKPOINT_REST / 2;
    }
}
