/* Rows of the table `lease`. */
#include "store/sqlite/state.h"

enum column {
    COLUMN_FENCE,
    COLUMN_HELD,
    COLUMN_WORKER,
    COLUMN_ACCOUNT,
    COLUMN_LEASE_MS,
    COLUMN_EXPIRES_AT,
    COLUMN_BEAT_ON,
    COLUMN_PROGRESS_ON
};

enum problem sqlite_lease_row(struct sqlite_reader *reader, sqlite3_stmt *row, int first,
                              struct arena *arena, struct lease *ret_lease, struct err *err)
{
    struct span worker = {.ptr = (const char *)sqlite3_column_text(row, first + COLUMN_WORKER)};
    struct lease lease = {
        .fence = sqlite3_column_int64(row, first + COLUMN_FENCE),
        .held = sqlite3_column_int(row, first + COLUMN_HELD) != 0,
        .lease_ms = sqlite3_column_int64(row, first + COLUMN_LEASE_MS),
        .expires_at = sqlite3_column_int64(row, first + COLUMN_EXPIRES_AT),
        .beat_on = sqlite3_column_int64(row, first + COLUMN_BEAT_ON),
        .progress_on = sqlite3_column_int64(row, first + COLUMN_PROGRESS_ON),
    };
    enum problem problem;

    if (worker.ptr == NULL)
        return problem_no_memory(err);
    worker.len = (size_t)sqlite3_column_bytes(row, first + COLUMN_WORKER);
    lease.worker = arena_span(arena, worker);
    if (lease.worker.ptr == NULL)
        return problem_no_memory(err);
    problem = sqlite_person_uuid(reader, sqlite3_column_int64(row, first + COLUMN_ACCOUNT),
                                 &lease.account, err);
    if (problem == PROBLEM_NONE)
        *ret_lease = lease;
    return problem;
}

/* Whoever was granted a job has counted an attempt: most jobs need no look. */
enum problem sqlite_load_lease(struct sqlite_reader *reader, const struct job *job,
                               struct arena *arena, struct lease *ret_lease, struct err *err)
{
    sqlite3_stmt *statement;
    enum problem problem = PROBLEM_NONE;
    int code;

    *ret_lease = (struct lease){0};
    if (job->attempt == 0)
        return PROBLEM_NONE;
    statement = sqlite_prepare_cached(reader, "SELECT " SQLITE_LEASE_COLUMNS
                                              " FROM lease WHERE position = ?1");
    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, job->position);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        problem = sqlite_lease_row(reader, statement, 0, arena, ret_lease, err);
    else if (code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}
