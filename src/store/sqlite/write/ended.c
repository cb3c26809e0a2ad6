/* What ends in a transaction: one row for each width of buckets and type, written once a commit. */
#include "store/sqlite/write/ended.h"

#include "model/statistics.h"
#include "store/sqlite/write/write.h"

#define PRUNE_ROWS 2

static bool bind_row(sqlite3_stmt *statement, int64_t bucket_ms, const struct ended_entry *entry)
{
    const int64_t *counts = entry->ended.counts;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, bucket_ms);
    sqlite3_bind_int64(statement, 2, statistics_floor(entry->at, bucket_ms));
    sqlite3_bind_int64(statement, 3, entry->type);
    sqlite3_bind_int64(statement, 4, counts[OUTCOME_SUCCEEDED]);
    sqlite3_bind_int64(statement, 5, counts[OUTCOME_FAILED]);
    sqlite3_bind_int64(statement, 6, counts[OUTCOME_ABORTED]);
    sqlite3_bind_int64(statement, 7, entry->ended.run_ms);
    return true;
}

/* To a row that is there; *ret_found says whether it is. */
static bool update_row(struct writer *writer, int64_t bucket_ms, const struct ended_entry *entry,
                       struct store_call *call, bool *ret_found)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "UPDATE ended SET succeeded = succeeded + ?4, failed = failed + ?5, "
                            "aborted = aborted + ?6, run_ms = run_ms + ?7 "
                            "WHERE bucket_ms = ?1 AND at = ?2 AND type = ?3");

    bind_row(statement, bucket_ms, entry);
    if (!write_step(writer, statement, call))
        return false;
    *ret_found = sqlite3_changes(writer->connection->db) > 0;
    return true;
}

/* A type's first of a bucket, or one of those that have no row of their own there. */
static bool insert_row(struct writer *writer, int64_t bucket_ms, const struct ended_entry *entry,
                       struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection,
        "INSERT INTO ended (bucket_ms, at, type, succeeded, failed, aborted, run_ms) "
        "VALUES (?1, ?2, iif((SELECT count(*) FROM ended WHERE bucket_ms = ?1 AND at = ?2 "
        "AND type > 0) < ?8, ?3, 0), ?4, ?5, ?6, ?7) ON CONFLICT (bucket_ms, at, type) DO UPDATE "
        "SET succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed, "
        "aborted = aborted + excluded.aborted, run_ms = run_ms + excluded.run_ms");

    if (bind_row(statement, bucket_ms, entry))
        sqlite3_bind_int64(statement, 8, ENDED_BUCKET_TYPES);
    return write_step(writer, statement, call);
}

/* A few for each row that comes, so that there are never many that are too old. */
static bool prune(struct writer *writer, const struct statistics_level *level,
                  struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection,
        "DELETE FROM ended WHERE (bucket_ms, at, type) IN (SELECT bucket_ms, at, type FROM ended "
        "WHERE bucket_ms = ?1 AND at < ?2 ORDER BY at LIMIT ?3)");

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, level->bucket_ms);
        sqlite3_bind_int64(statement, 2, write_now(writer) - level->keep_ms - level->bucket_ms);
        sqlite3_bind_int64(statement, 3, PRUNE_ROWS);
    }
    return write_step(writer, statement, call);
}

static bool write_entry(struct writer *writer, const struct ended_entry *entry,
                        struct store_call *call)
{
    for (size_t i = 0; i < STATISTICS_LEVELS; i++) {
        const struct statistics_level *level = &statistics_levels[i];
        bool found;
        if (!update_row(writer, level->bucket_ms, entry, call, &found))
            return false;
        if (!found &&
            (!insert_row(writer, level->bucket_ms, entry, call) || !prune(writer, level, call)))
            return false;
    }
    return true;
}

static bool write_all(struct writer *writer, struct store_call *call)
{
    struct ended_batch *batch = &writer->ended;

    for (size_t i = 0; i < batch->count; i++) {
        if (!write_entry(writer, &batch->entries[i], call))
            return false;
    }
    batch->count = 0;
    return true;
}

/* Where there is none, room is made by writing what waits. NULL with the call's problem set. */
static struct ended_entry *entry_of(struct writer *writer, int64_t at, int64_t type,
                                    struct store_call *call)
{
    struct ended_batch *batch = &writer->ended;

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->entries[i].at == at && batch->entries[i].type == type)
            return &batch->entries[i];
    }
    if (batch->count == ENDED_BATCH_MAX && !write_all(writer, call))
        return NULL;
    batch->entries[batch->count] = (struct ended_entry){.at = at, .type = type};
    return &batch->entries[batch->count++];
}

bool ended_note(struct writer *writer, const struct job *before, const struct job *after,
                struct store_call *call)
{
    struct ended ended = {0}, ignored = {0};
    struct ended_entry *entry;
    int64_t type;

    if (!ended_count(&ended, after) || ended_count(&ignored, before))
        return true;
    if (!write_type(writer, after->type, call, &type))
        return false;
    entry = entry_of(writer, statistics_floor(after->ended_on, statistics_levels[0].bucket_ms),
                     type, call);
    if (entry == NULL)
        return false;
    ended_add(&entry->ended, &ended);
    return true;
}

bool ended_flush(struct writer *writer)
{
    struct store_call unused = {0};

    return write_all(writer, &unused);
}

void ended_clear(struct writer *writer)
{
    writer->ended.count = 0;
}
