/* Leases in the writer: read when there may be one, written when it differs, and their clock. */
#include "store/sqlite/state.h"
#include "store/sqlite/write/write.h"

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

static enum problem with_lease(struct writer *writer, enum problem problem, struct arena *arena,
                               struct write_loaded *loaded, struct err *err)
{
    if (problem != PROBLEM_NONE)
        return problem;
    return sqlite_load_lease(writer->connection, &loaded->job, arena, &loaded->lease, err);
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

static bool same_progress(const struct lease *a, const struct lease *b)
{
    return a->held == b->held && a->progress_on == b->progress_on;
}

static bool same_beat(const struct lease *a, const struct lease *b)
{
    return a->expires_at == b->expires_at && a->beat_on == b->beat_on;
}

static sqlite3_stmt *bind_times(sqlite3_stmt *statement, int64_t position,
                                const struct lease *lease)
{
    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, position);
    sqlite3_bind_int64(statement, 2, lease->expires_at);
    sqlite3_bind_int64(statement, 3, lease->beat_on);
    return statement;
}

static sqlite3_stmt *bind_progress(sqlite3_stmt *statement, int64_t position,
                                   const struct lease *lease)
{
    if (bind_times(statement, position, lease) == NULL)
        return NULL;
    sqlite3_bind_int(statement, 4, lease->held);
    sqlite3_bind_int64(statement, 5, lease->progress_on);
    return statement;
}

/* A heartbeat names no column of lease_progress, and so does not touch it. */
static bool update_beat(struct writer *writer, int64_t position, const struct lease *lease,
                        struct store_call *call)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer->connection, "UPDATE lease SET expires_at = ?2, beat_on = ?3 "
                                                  "WHERE position = ?1");

    return write_step(writer, bind_times(statement, position, lease), call);
}

/* A report that says something new, an end. */
static bool update_progress(struct writer *writer, int64_t position, const struct lease *lease,
                            struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "UPDATE lease SET expires_at = ?2, beat_on = ?3, held = ?4, "
                            "progress_on = ?5 WHERE position = ?1");

    return write_step(writer, bind_progress(statement, position, lease), call);
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
        writer->connection, "REPLACE INTO lease (position, expires_at, beat_on, held, progress_on, "
                            "fence, worker, account, lease_ms) "
                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    if (bind_progress(statement, position, lease) != NULL) {
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
    bool same = same_holder(before, lease), progressed = !same_progress(before, lease);

    if (same && !progressed && same_beat(before, lease))
        return true;
    if (lease->held && !keep_time(writer, after->now, call))
        return false;
    if (!same)
        return replace_lease(writer, position, lease, call);
    return progressed ? update_progress(writer, position, lease, call)
                      : update_beat(writer, position, lease, call);
}
