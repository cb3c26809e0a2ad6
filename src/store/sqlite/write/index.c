/* Indexing behind the commit: slices of work between batches, in transactions without a sync. */
#include "store/sqlite/write/index.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/names/name_index.h"

/* How many jobs make a segment between two looks at the queue, some milliseconds, and how many a
 * transaction. */
#define STEP 64
#define SLICE 512
/* Under load: so many in so much time, a few hundredths of it. */
#define SLICE_BUSY 32
#define PAUSE_BUSY_NS (INT64_C(100) * 1000 * 1000)

/* Every step leaves a segment to merge later, so a few jobs wait for more to come. */
#define FEW 256
#define DELAY_FEW_NS (INT64_C(1000) * 1000 * 1000)
#define DELAY_NS (INT64_C(2) * 1000 * 1000)
#define PAUSE_FAILED_NS (INT64_C(1000) * 1000 * 1000)

/* After so many jobs it is worth giving memory back, which takes a millisecond. */
#define MANY 4096

bool index_load(struct writer *writer)
{
    writer->behind = 0;
    writer->merging = true; /* as far as is known */
    return !writer->background ||
           connection_number(writer->connection,
                             "SELECT count(*) FROM job WHERE position > ifnull((SELECT value FROM "
                             "meta WHERE key = 'name_watermark'), -1)",
                             &writer->behind);
}

int64_t index_delay(const struct writer *writer)
{
    bool waits = writer->behind < FEW && !writer->merging;
    int64_t delay = waits ? DELAY_FEW_NS : DELAY_NS;
    int64_t held = writer->index_failed ? writer->index_at - clock_mono_ns(&clock_system) : 0;

    if (!writer->background || (writer->behind == 0 && !writer->merging))
        return -1;
    return held > delay ? held : delay;
}

/* What a step finds is the truth; the count in memory only decides when to run one. */
static bool run_steps(struct writer *writer, int64_t jobs, bool yield, int64_t *ret_done)
{
    struct name_index_progress progress = {.behind = true};
    int step = yield ? STEP : (int)jobs;

    *ret_done = 0;
    for (int64_t i = 0; i < jobs && (progress.behind || progress.merging); i += step) {
        if (!name_index_step(writer->connection, step, &progress))
            return false;
        *ret_done += progress.done;
        if (yield && atomic_load_explicit(&writer->queue.busy, memory_order_relaxed))
            break;
    }
    writer->merging = progress.merging;
    if (!progress.behind)
        writer->behind = *ret_done;
    return true;
}

static bool transaction(struct writer *writer, int64_t jobs, bool yield)
{
    struct sqlite_reader *connection = writer->connection;
    int64_t done = 0;

    if (connection_run(connection, "BEGIN IMMEDIATE") && run_steps(writer, jobs, yield, &done) &&
        connection_run(connection, "COMMIT")) {
        writer->behind -= done < writer->behind ? done : writer->behind;
        writer->indexed += done;
        writer->index_failed = false;
        return true;
    }
    if (!sqlite3_get_autocommit(connection->db))
        connection_run(connection, "ROLLBACK");
    known_ranges_release(&connection->ranges);
    return false;
}

/*
 * Without a sync: the watermark is in the same transaction as what it stands for, so a power cut
 * that loses the one loses the other, and the jobs are indexed again. The next batch's sync covers
 * this commit too.
 */
static void slice(struct writer *writer, int64_t jobs, bool yield)
{
    int64_t pause = PAUSE_BUSY_NS;

    connection_run(writer->connection, "PRAGMA synchronous = NORMAL");
    if (!transaction(writer, jobs, yield)) {
        metric_add(METRIC_STORE_FAILURES, 1);
        pause = PAUSE_FAILED_NS;
        writer->index_failed = true;
    }
    connection_run(writer->connection, "PRAGMA synchronous = FULL");
    writer->index_at = clock_mono_ns(&clock_system) + pause;
    metric_set(METRIC_STORE_INDEX_LAG, writer->behind);
}

/* Caught up, it gives back the memory that only those need who index many names. */
void index_when_quiet(struct writer *writer)
{
    slice(writer, SLICE, true);
    if (writer->behind > 0 || writer->merging || writer->indexed < MANY)
        return;
    writer->indexed = 0;
    known_ranges_release(&writer->connection->ranges);
    mem_trim();
}

/*
 * At the bound a whole slice at once, for half of what a small one costs is its commit. Whoever
 * creates then waits for it, so that nobody creates faster than can be indexed.
 */
void index_keep_up(struct writer *writer)
{
    bool due = writer->index_at <= clock_mono_ns(&clock_system);

    if (!writer->background)
        return;
    metric_set(METRIC_STORE_INDEX_LAG, writer->behind);
    if (writer->behind > INDEX_BEHIND_MAX && (due || !writer->index_failed))
        slice(writer, writer->created > SLICE ? writer->created : SLICE, false);
    else if (writer->behind > FEW && due)
        slice(writer, SLICE_BUSY, false);
}
