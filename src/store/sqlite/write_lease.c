/* Leases in the writer: read when there may be one, written when it differs, and their clock. */
#include "store/sqlite/state.h"
#include "store/sqlite/write.h"

struct moment write_moment(const struct writer *writer)
{
    return lease_clock_now(&writer->store->lease_clock);
}

/* In the transaction that gives a lease, so that no lease is ever far ahead of what is kept. */
static bool keep_time(struct writer *writer, struct moment now, struct store_call *call)
{
    sqlite3_stmt *statement;

    if (!lease_clock_must_keep(writer->lease_time, now))
        return true;
    statement = sqlite_prepare_cached(writer->connection,
                                      "REPLACE INTO meta (key, value) VALUES ('lease_time', ?1)");
    if (statement != NULL)
        sqlite3_bind_int64(statement, 1, now.lease);
    writer->lease_time = now.lease;
    return write_step(writer, statement, call);
}

static enum problem lease_row(struct sqlite_reader *reader, sqlite3_stmt *row, struct arena *arena,
                              struct lease *ret_lease, struct err *err)
{
    struct span worker = {.ptr = (const char *)sqlite3_column_text(row, 2)};
    struct lease lease = {
        .fence = sqlite3_column_int64(row, 0),
        .held = sqlite3_column_int(row, 1) != 0,
        .lease_ms = sqlite3_column_int64(row, 4),
        .expires_at = sqlite3_column_int64(row, 5),
        .beat_on = sqlite3_column_int64(row, 6),
        .progress_on = sqlite3_column_int64(row, 7),
    };
    enum problem problem;

    if (worker.ptr == NULL)
        return problem_no_memory(err);
    worker.len = (size_t)sqlite3_column_bytes(row, 2);
    lease.worker = arena_span(arena, worker);
    if (lease.worker.ptr == NULL)
        return problem_no_memory(err);
    problem = sqlite_person_uuid(reader, sqlite3_column_int64(row, 3), &lease.account, err);
    if (problem == PROBLEM_NONE)
        *ret_lease = lease;
    return problem;
}

/* No row: all zero. */
static enum problem read_lease(struct writer *writer, int64_t position, struct arena *arena,
                               struct lease *ret_lease, struct err *err)
{
    struct sqlite_reader *reader = writer->connection;
    sqlite3_stmt *statement = sqlite_prepare_cached(
        reader, "SELECT fence, held, worker, account, lease_ms, expires_at, beat_on, progress_on "
                "FROM lease WHERE position = ?1");
    enum problem problem = PROBLEM_NONE;
    int code;

    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, position);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        problem = lease_row(reader, statement, arena, ret_lease, err);
    else if (code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

/* Whoever was granted a job has counted an attempt: most updates need not look. */
static enum problem with_lease(struct writer *writer, enum problem problem, struct arena *arena,
                               struct write_loaded *loaded, struct err *err)
{
    loaded->lease = (struct lease){0};
    if (problem != PROBLEM_NONE || loaded->job.attempt == 0)
        return problem;
    return read_lease(writer, loaded->job.position, arena, &loaded->lease, err);
}

enum problem write_load(struct writer *writer, const struct uuid *id, struct arena *arena,
                        struct write_loaded *ret_loaded, struct err *err)
{
    return with_lease(writer, sqlite_load_job(writer->connection, id, arena, &ret_loaded->job, err),
                      arena, ret_loaded, err);
}

enum problem write_load_at(struct writer *writer, int64_t position, struct arena *arena,
                           struct write_loaded *ret_loaded, struct err *err)
{
    return with_lease(
        writer, sqlite_load_job_at(writer->connection, position, arena, &ret_loaded->job, err),
        arena, ret_loaded, err);
}

static bool same_holder(const struct lease *a, const struct lease *b)
{
    return a->fence == b->fence && a->lease_ms == b->lease_ms &&
           uuid_eq(&a->account, &b->account) && span_eq(a->worker, b->worker);
}

static bool same_times(const struct lease *a, const struct lease *b)
{
    return a->held == b->held && a->expires_at == b->expires_at && a->beat_on == b->beat_on &&
           a->progress_on == b->progress_on;
}

static sqlite3_stmt *bind_times(sqlite3_stmt *statement, int64_t position,
                                const struct lease *lease)
{
    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, position);
    sqlite3_bind_int(statement, 2, lease->held);
    sqlite3_bind_int64(statement, 3, lease->expires_at);
    sqlite3_bind_int64(statement, 4, lease->beat_on);
    sqlite3_bind_int64(statement, 5, lease->progress_on);
    return statement;
}

/* A beat, a report, an end. */
static bool update_times(struct writer *writer, int64_t position, const struct lease *lease,
                         struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "UPDATE lease SET held = ?2, expires_at = ?3, beat_on = ?4, "
                            "progress_on = ?5 WHERE position = ?1");

    return write_step(writer, bind_times(statement, position, lease), call);
}

/* A grant. */
static bool replace_lease(struct writer *writer, int64_t position, const struct lease *lease,
                          struct store_call *call)
{
    sqlite3_stmt *statement;
    int64_t account;

    if (!write_person(writer, &lease->account, call, &account))
        return false;
    statement = sqlite_prepare_cached(
        writer->connection, "REPLACE INTO lease (position, held, expires_at, beat_on, progress_on, "
                            "fence, worker, account, lease_ms) "
                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    if (bind_times(statement, position, lease) != NULL) {
        sqlite3_bind_int64(statement, 6, lease->fence);
        sqlite_bind_span(statement, 7, lease->worker);
        sqlite3_bind_int64(statement, 8, account);
        sqlite3_bind_int64(statement, 9, lease->lease_ms);
    }
    return write_step(writer, statement, call);
}

bool write_lease(struct writer *writer, int64_t position, const struct lease *before,
                 const struct hold *after, struct store_call *call)
{
    const struct lease *lease = after->lease;
    bool same = same_holder(before, lease);

    if (same && same_times(before, lease))
        return true;
    if (lease->held && !keep_time(writer, after->now, call))
        return false;
    return same ? update_times(writer, position, lease, call)
                : replace_lease(writer, position, lease, call);
}
