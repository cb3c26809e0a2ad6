/* The indexer's thread: sleeps until a block is full, and writes it. */
#include "store/postgres/names/indexer.h"

#include "base/metrics.h"
#include "base/scope.h"
#include "store/name_grams.h"
#include "store/postgres/names/name_block.h"
#include "store/postgres/names/name_range.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"
#include "store/postgres/thread.h"

#include <time.h>

#define PAUSE_FAILED_S 5
#define ARENA_MAX ((size_t)64 << 20)

/* Positions become visible in order, so nothing will ever come between the jobs of a block. */
static const PGresult *read_jobs(struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, NAME_BLOCK_JOBS);
    return pg_ask(connection,
                  "SELECT position, name, name_folded FROM job WHERE position > (SELECT "
                  "coalesce(max(last), -1) FROM name_block) ORDER BY position LIMIT $1",
                  &params);
}

static bool gather(const PGresult *jobs, struct name_grams *grams, struct name_ranges *ranges,
                   struct arena *arena)
{
    for (int i = 0; i < NAME_BLOCK_JOBS; i++) {
        struct pg_row row = {jobs, i};
        if (!name_grams_add_whole(grams, row_span(row, 1)) ||
            !name_grams_cut(grams, row_span(row, 2), NAME_BLOCK_GRAM) ||
            !name_ranges_add(ranges, row_span(row, 2), arena))
            return false;
    }
    name_grams_finish(grams);
    return true;
}

/* The positions of its first and last job. */
struct block {
    int64_t first, last;
};

static void send_block(struct pg_connection *connection, struct block block,
                       const struct name_grams *grams, struct arena *arena)
{
    struct pg_params params = {0};

    param_number(&params, block.first);
    param_number(&params, block.last);
    param_numbers(&params, arena, grams->list, grams->count);
    pg_send(connection,
            "INSERT INTO name_block (first, last, grams) VALUES ($1, $2, $3::int4[]) ON "
            "CONFLICT DO NOTHING",
            &params);
}

/* Both in one transaction, for a block says up to where the ranges are complete. */
static bool write_block(struct pg_connection *connection, const PGresult *jobs)
{
    AUTO(name_grams_release) struct name_grams grams = {0};
    AUTO(name_ranges_release) struct name_ranges ranges = {0};
    AUTO(arena_release) struct arena arena;
    struct block block = {row_number(pg_first(jobs), 0, 0),
                          row_number((struct pg_row){jobs, NAME_BLOCK_JOBS - 1}, 0, 0)};

    arena_init(&arena, ARENA_MAX);
    if (!gather(jobs, &grams, &ranges, &arena))
        return false;
    pg_clear(connection);
    name_ranges_send(&ranges, connection, &arena);
    send_block(connection, block, &grams, &arena);
    return pg_round(connection);
}

/* What is short of a block is not behind: it is read with the jobs themselves. */
static void set_lag(int64_t jobs)
{
    metric_set(METRIC_STORE_INDEX_LAG, jobs - jobs % NAME_BLOCK_JOBS);
}

/* Of all daemons' jobs; false: it did not work. */
static bool count_behind(struct pg_connection *connection, int64_t *ret_jobs)
{
    const PGresult *result = pg_ask(connection,
                                    "SELECT count(*) FROM job WHERE position > (SELECT "
                                    "coalesce(max(last), -1) FROM name_block)",
                                    NULL);

    if (result == NULL)
        return false;
    *ret_jobs = row_number(pg_first(result), 0, 0);
    pg_clear(connection);
    set_lag(*ret_jobs);
    return true;
}

/* False: it did not work. */
static bool step(struct pg_connection *connection, bool *ret_more)
{
    const PGresult *jobs = read_jobs(connection);

    *ret_more = jobs != NULL && pg_rows(jobs) == NAME_BLOCK_JOBS;
    return *ret_more ? write_block(connection, jobs) : jobs != NULL;
}

static bool is_stopping(struct indexer *indexer)
{
    bool stopping;

    pthread_mutex_lock(&indexer->lock);
    stopping = indexer->stopping;
    pthread_mutex_unlock(&indexer->lock);
    return stopping;
}

/* All full blocks. */
static bool run_steps(struct indexer *indexer, struct pg_connection *connection)
{
    struct err err;
    bool good = true, more = true;
    int64_t behind = 0;

    if (pg_is_broken(connection)) {
        pg_disconnect(connection);
        good = pg_connect(connection, indexer->store->url, &err) == PROBLEM_NONE;
    }
    good = good && count_behind(connection, &behind);
    while (good && more && !is_stopping(indexer)) {
        good = step(connection, &more);
        pg_clear(connection);
        behind = more && behind > NAME_BLOCK_JOBS ? behind - NAME_BLOCK_JOBS : 0;
        set_lag(behind);
    }
    return good;
}

/* Until there is a block's worth, or for a while when it did not work. */
static void rest(struct indexer *indexer, bool failed)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PAUSE_FAILED_S;
    pthread_mutex_lock(&indexer->lock);
    if (failed && !indexer->stopping)
        pthread_cond_timedwait(&indexer->more, &indexer->lock, &until);
    while (!failed && !indexer->stopping && indexer->created < NAME_BLOCK_JOBS)
        pthread_cond_wait(&indexer->more, &indexer->lock);
    indexer->created %= NAME_BLOCK_JOBS;
    pthread_mutex_unlock(&indexer->lock);
}

static void *run(void *argument)
{
    struct indexer *indexer = argument;
    struct pg_connection connection = {0};

    while (!is_stopping(indexer)) {
        bool failed = !run_steps(indexer, &connection);
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
    pthread_cond_init(&indexer->more, NULL);
    if (pg_thread_start(&indexer->thread, run, indexer, err))
        return true;
    pthread_cond_destroy(&indexer->more);
    pthread_mutex_destroy(&indexer->lock);
    return false;
}

void indexer_stop(struct indexer *indexer)
{
    pthread_mutex_lock(&indexer->lock);
    indexer->stopping = true;
    pthread_mutex_unlock(&indexer->lock);
    pthread_cond_signal(&indexer->more);
    pthread_join(indexer->thread, NULL);
    pthread_cond_destroy(&indexer->more);
    pthread_mutex_destroy(&indexer->lock);
}

void indexer_note(struct indexer *indexer, size_t created)
{
    bool full;

    pthread_mutex_lock(&indexer->lock);
    indexer->created += created;
    full = indexer->created >= NAME_BLOCK_JOBS;
    pthread_mutex_unlock(&indexer->lock);
    if (full)
        pthread_cond_signal(&indexer->more);
}
