/* Indexing behind the commit: slices of work between batches, in transactions without a sync. */
#include "store/sqlite/write/index.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/index/follow.h"
#include "store/sqlite/index/name_index.h"
#include "store/sqlite/index/watermark.h"

/* How many jobs make a segment between two looks at the queue, some milliseconds, and how many a
 * transaction. */
#define STEP 64
#define SLICE 512
/* So many jobs that have changed are followed at a time, and in a transaction. */
#define CHANGES_PIECE 2048
#define CHANGES_SLICE 16384
/* Fewer wait until nobody writes. */
#define CHANGES_FEW 64
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
           (watermark_read(writer->connection, WATERMARK_CHANGES, &writer->followed, NULL) ==
                PROBLEM_NONE &&
            connection_number(writer->connection,
                              "SELECT count(*) FROM job WHERE position > ifnull((SELECT value FROM "
                              "meta WHERE key = 'name_watermark'), -1)",
                              &writer->behind));
}

/* Numbers of changes: no fewer than the jobs that have changed. */
static int64_t changes_behind(const struct writer *writer)
{
    return writer->change - writer->followed;
}

static int64_t furthest_behind(const struct writer *writer)
{
    int64_t changes = changes_behind(writer);

    return writer->behind > changes ? writer->behind : changes;
}

void index_committed(struct writer *writer)
{
    writer->behind += writer->created;
    if (writer->background)
        metric_set(METRIC_STORE_INDEX_LAG, furthest_behind(writer));
}

int64_t index_delay(const struct writer *writer)
{
    bool waits = furthest_behind(writer) < FEW && !writer->merging;
    bool idle = furthest_behind(writer) == 0 && !writer->merging;
    int64_t delay = waits ? DELAY_FEW_NS : DELAY_NS;
    int64_t held = writer->index_failed ? writer->index_at - clock_mono_ns(&clock_system) : 0;

    if (!writer->background || idle)
        return -1;
    return held > delay ? held : delay;
}

/* How much to do in a transaction, at most. */
struct portion {
    int64_t jobs, changes;
    bool yields; /* to calls that wait, between the steps of jobs */
};

/* What a transaction did, to be kept in memory when it is committed. */
struct done {
    struct name_index_progress names; /* of the last step */
    int64_t jobs;
    struct follow_progress changes;
};

/* First, so that jobs that are not indexed yet need not be marked twice. */
static bool follow(struct writer *writer, int64_t budget, struct done *done)
{
    for (done->changes.behind = true; done->changes.behind && budget > 0; budget -= CHANGES_PIECE)
        if (!follow_step(writer->connection, CHANGES_PIECE, &done->changes))
            return false;
    return true;
}

static bool index_names(struct writer *writer, const struct portion *portion, struct done *done)
{
    int step = portion->yields ? STEP : (int)portion->jobs;

    done->names.behind = true;
    for (int64_t i = 0; i < portion->jobs && (done->names.behind || done->names.merging);
         i += step) {
        if (!name_index_step(writer->connection, step, &done->names))
            return false;
        done->jobs += done->names.done;
        if (portion->yields && atomic_load_explicit(&writer->queue.busy, memory_order_relaxed))
            break;
    }
    return true;
}

/* What a step finds is the truth; the counts in memory only decide when to run one. */
static void keep(struct writer *writer, const struct portion *portion, const struct done *done)
{
    if (portion->changes > 0)
        writer->followed = done->changes.behind ? done->changes.change : writer->change;
    if (portion->jobs > 0) {
        writer->behind -= done->jobs;
        if (!done->names.behind || writer->behind < 0)
            writer->behind = 0;
        writer->merging = done->names.merging;
        writer->indexed += done->jobs;
    }
    writer->index_failed = false;
}

static bool transaction(struct writer *writer, const struct portion *portion)
{
    struct sqlite_reader *connection = writer->connection;
    struct done done = {0};

    if (connection_run(connection, "BEGIN IMMEDIATE") &&
        (portion->changes == 0 || follow(writer, portion->changes, &done)) &&
        (portion->jobs == 0 || index_names(writer, portion, &done)) &&
        connection_run(connection, "COMMIT")) {
        keep(writer, portion, &done);
        return true;
    }
    if (!sqlite3_get_autocommit(connection->db))
        connection_run(connection, "ROLLBACK");
    name_index_forget(connection);
    return false;
}

/*
 * Without a sync: the watermark is in the same transaction as what it stands for, so a power cut
 * that loses the one loses the other, and the jobs are indexed again. The next batch's sync covers
 * this commit too.
 */
static void slice(struct writer *writer, const struct portion *portion)
{
    int64_t pause = PAUSE_BUSY_NS;

    connection_run(writer->connection, "PRAGMA synchronous = NORMAL");
    if (!transaction(writer, portion)) {
        metric_add(METRIC_STORE_FAILURES, 1);
        pause = PAUSE_FAILED_NS;
        writer->index_failed = true;
    }
    connection_run(writer->connection, "PRAGMA synchronous = FULL");
    writer->index_at = clock_mono_ns(&clock_system) + pause;
    metric_set(METRIC_STORE_INDEX_LAG, furthest_behind(writer));
}

/* Caught up, it gives back the memory that only those need who index many names. */
void index_when_quiet(struct writer *writer)
{
    struct portion portion = {.jobs = SLICE, .changes = CHANGES_SLICE, .yields = true};

    slice(writer, &portion);
    if (index_delay(writer) >= 0 || writer->indexed < MANY)
        return;
    writer->indexed = 0;
    name_index_forget(writer->connection);
    mem_trim();
}

/*
 * At the bound a whole slice at once, for half of what a small one costs is its commit. Whoever
 * writes then waits for it, so that nobody writes faster than can be indexed.
 */
void index_keep_up(struct writer *writer)
{
    bool due = writer->index_at <= clock_mono_ns(&clock_system);
    bool may = due || !writer->index_failed;
    int64_t changes = changes_behind(writer);
    struct portion portion = {0};

    if (!writer->background)
        return;
    if (writer->behind > INDEX_BEHIND_MAX && may)
        portion.jobs = writer->created > SLICE ? writer->created : SLICE;
    else if (writer->behind > FEW && due)
        portion.jobs = SLICE_BUSY;
    if ((changes > CHANGES_BEHIND_MAX && may) || (changes > CHANGES_FEW && due))
        portion.changes = CHANGES_SLICE;
    if (portion.jobs > 0 || portion.changes > 0)
        slice(writer, &portion);
}
