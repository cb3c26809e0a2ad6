/* The indexer's thread: sleeps until there are jobs for a segment, and writes it. */
#include "store/postgres/names/indexer.h"

#include "base/metrics.h"
#include "base/scope.h"
#include "base/thread.h"
#include "base/wait.h"
#include "store/postgres/names/follow.h"
#include "store/postgres/names/piece.h"
#include "store/postgres/names/segment.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"

#define PAUSE_FAILED_NS INT64_C(5000000000)

/*
 * Changes are followed when there are so many, or so long after the first of them. As long after
 * the first job it looks whether there are enough for a segment, with those of other daemons.
 */
#define FOLLOW_SOON 256
#define PAUSE_NS INT64_C(1000000000)

#define ARENA_MAX ((size_t)256 << 20)

/* Of more jobs it is not told how far behind them the index is: that they are counted takes time.
 */
#define BEHIND_MAX 1000000

/* Positions become visible in order, so nothing will ever come between the jobs of a segment. */
static bool write_piece(struct pg_connection *connection, const PGresult *jobs,
                        int64_t *ret_written)
{
    AUTO(name_piece_release) struct name_piece piece = {0};
    AUTO(arena_release) struct arena arena;
    bool good;

    arena_init(&arena, ARENA_MAX);
    good = name_piece_take(&piece, jobs, &arena);
    pg_clear(connection);
    if (!good || !name_piece_write(&piece, 0, connection, &arena))
        return false;
    *ret_written = (int64_t)piece.count;
    return name_segments_merge(connection);
}

/* What is short of a segment is not behind: it is read with the jobs themselves. */
static void set_lag(int64_t jobs)
{
    metric_set(METRIC_STORE_INDEX_LAG, jobs - jobs % NAME_SEGMENT_JOBS);
}

/* Of all daemons' jobs. Nothing depends on it but what is told: it need not work. */
static void count_behind(struct pg_connection *connection, int64_t *jobs)
{
    struct pg_params params = {0};
    const PGresult *result;

    param_number(&params, BEHIND_MAX);
    result = pg_ask(connection,
                    "SELECT count(*) FROM (SELECT FROM job WHERE position > " NAME_SEGMENT_WATERMARK
                    " LIMIT $1) AS behind",
                    &params);
    if (result != NULL) {
        *jobs = row_number(pg_first(result), 0, 0);
        set_lag(*jobs);
    }
    pg_clear(connection);
}

/* Writes a segment if there are jobs for it; false: it did not work. */
static bool step(struct pg_connection *connection, int64_t *ret_written)
{
    const PGresult *jobs = name_piece_ask(connection, NAME_SEGMENT_JOBS);

    *ret_written = 0;
    if (jobs == NULL || pg_rows(jobs) == NAME_SEGMENT_JOBS)
        return jobs != NULL && write_piece(connection, jobs, ret_written);
    pg_clear(connection);
    return true;
}

static bool is_stopping(struct indexer *indexer)
{
    bool stopping;

    pthread_mutex_lock(&indexer->lock);
    stopping = indexer->stopping;
    pthread_mutex_unlock(&indexer->lock);
    return stopping;
}

/* All full segments. */
static bool run_steps(struct indexer *indexer, struct pg_connection *connection)
{
    bool good = true;
    int64_t behind = 0, written = 1;

    while (good && written > 0 && !is_stopping(indexer)) {
        if (behind < NAME_SEGMENT_JOBS)
            count_behind(connection, &behind);
        good = step(connection, &written);
        behind = written > 0 && behind > written ? behind - written : 0;
        if (good)
            set_lag(behind);
    }
    return good;
}

/* Whoever searches reads what is not followed, so little of it waits. */
static bool follow(struct indexer *indexer, struct pg_connection *connection)
{
    size_t count = FOLLOW_MAX;

    while (count == FOLLOW_MAX && !is_stopping(indexer))
        if (!name_follow(connection, &count))
            return false;
    return true;
}

/* A connection on which something went wrong for want of the database is not trusted again. */
static bool catch_up(struct indexer *indexer, struct pg_connection *connection)
{
    struct err err;
    bool good = true, lost;

    if (pg_is_broken(connection)) {
        pg_disconnect(connection);
        good = pg_connect(connection, indexer->store->url, &err) == PROBLEM_NONE;
    }
    good = good && run_steps(indexer, connection) && follow(indexer, connection);
    lost = connection->problem == PROBLEM_STORE_UNAVAILABLE;
    pg_clear(connection);
    if (lost)
        pg_disconnect(connection);
    return good;
}

/* Whether there is a segment to write, or so much to follow that it should not wait. */
static bool is_needed(const struct indexer *indexer)
{
    return indexer->stopping || indexer->created >= NAME_SEGMENT_JOBS ||
           indexer->changed >= FOLLOW_SOON;
}

static bool is_idle(const struct indexer *indexer)
{
    return indexer->created == 0 && indexer->changed == 0;
}

/* Until it is needed, for a while where there is something to do or it did not work. */
static void rest(struct indexer *indexer, bool failed)
{
    pthread_mutex_lock(&indexer->lock);
    if (failed && !indexer->stopping)
        wait_for(&indexer->more, &indexer->lock, PAUSE_FAILED_NS);
    while (!failed && is_idle(indexer) && !is_needed(indexer))
        pthread_cond_wait(&indexer->more, &indexer->lock);
    if (!failed && !is_needed(indexer))
        wait_for(&indexer->more, &indexer->lock, PAUSE_NS);
    indexer->created = indexer->changed = 0;
    pthread_mutex_unlock(&indexer->lock);
}

static void *run(void *argument)
{
    struct indexer *indexer = argument;
    struct pg_connection connection = {0};

    while (!is_stopping(indexer)) {
        bool failed = !catch_up(indexer, &connection);
        if (failed)
            metric_add(METRIC_STORE_FAILURES, 1);
        rest(indexer, failed);
    }
    pg_disconnect(&connection);
    return NULL;
}

bool indexer_start(struct indexer *indexer, struct pg_store *store, struct err *err)
{
    *indexer = (struct indexer){.store = store};
    pthread_mutex_init(&indexer->lock, NULL);
    wait_init(&indexer->more);
    if (thread_start(&indexer->thread, run, indexer, err))
        return true;
    pthread_cond_destroy(&indexer->more);
    pthread_mutex_destroy(&indexer->lock);
    return false;
}

void indexer_stop(struct indexer *indexer)
{
    thread_end(indexer->thread, &indexer->lock, &indexer->more, &indexer->stopping);
    pthread_cond_destroy(&indexer->more);
    pthread_mutex_destroy(&indexer->lock);
}

void indexer_note(struct indexer *indexer, size_t created, size_t changed)
{
    bool wake;

    pthread_mutex_lock(&indexer->lock);
    wake = is_idle(indexer);
    indexer->created += created;
    indexer->changed += changed;
    wake = wake || is_needed(indexer);
    pthread_mutex_unlock(&indexer->lock);
    if (wake)
        pthread_cond_signal(&indexer->more);
}
