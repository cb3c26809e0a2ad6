/* The overview in SQLite: how many jobs there are of each state, and which of them are stalled. */
#include "base/scope.h"
#include "store/sqlite/state.h"

/* One more than is told apart, so that "more" can be seen. */
#define COUNT_MAX (SUMMARY_COUNT_MAX + 1)

/* Counts entries of an index, ?2 at most. */
#define COUNT(from) "SELECT count(*) FROM (SELECT 1 FROM " from " LIMIT ?2)"

/* Adds what there is of `value`. */
static enum problem count(struct sqlite_reader *reader, const char *sql, int64_t value,
                          int64_t *total, struct err *err)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, sql);
    enum problem problem = PROBLEM_NONE;

    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, value);
    sqlite3_bind_int64(statement, 2, COUNT_MAX);
    if (sqlite3_step(statement) == SQLITE_ROW)
        *total += sqlite3_column_int64(statement, 0);
    else
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

static enum problem count_states(struct sqlite_reader *reader, struct summary *summary,
                                 struct err *err)
{
    enum problem problem = PROBLEM_NONE;

    for (int status = 0; problem == PROBLEM_NONE && status < STATUS_COUNT; status++) {
        int64_t *total = &summary->states[status_state((enum job_status)status)];
        if (*total < COUNT_MAX)
            problem = count(reader, COUNT("job INDEXED BY job_status WHERE status = ?1"), status,
                            total, err);
    }
    return problem;
}

static enum problem read_summary(struct sqlite_store *store, struct sqlite_reader *reader,
                                 struct store_call *call)
{
    struct store_summary *operation = CONTAINER_OF(call, struct store_summary, call);
    struct summary *summary = &operation->summary;
    enum problem problem;

    (void)store;
    *summary = (struct summary){0};
    problem = count_states(reader, summary, &call->err);
    if (problem != PROBLEM_NONE)
        return problem;
    return count(reader,
                 COUNT("lease INDEXED BY lease_progress WHERE held = 1 AND progress_on <= ?1"),
                 operation->stalled_until, &summary->stalled, &call->err);
}

void sqlite_read_summary(struct store *store, struct store_summary *summary)
{
    sqlite_read(store, &summary->call, read_summary);
}

/* A row is the job, then the lease. */
static enum problem read_held(struct sqlite_reader *reader, sqlite3_stmt *row,
                              struct store_stalled *stalled)
{
    struct held_job *held = &stalled->jobs[stalled->count];
    struct err *err = &stalled->call.err;
    enum problem problem = sqlite_job_row(reader, row, stalled->arena, &held->job, err);

    if (problem == PROBLEM_NONE)
        problem = sqlite_lease_row(reader, row, SQLITE_JOB_COLUMN_COUNT, stalled->arena,
                                   &held->lease, err);
    if (problem == PROBLEM_NONE)
        stalled->count++;
    return problem;
}

static sqlite3_stmt *stalled_statement(struct sqlite_reader *reader,
                                       const struct store_stalled *stalled)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        reader, "SELECT " SQLITE_JOB_COLUMNS ", " SQLITE_LEASE_COLUMNS
                " FROM lease INDEXED BY lease_progress CROSS JOIN job "
                "ON job.position = lease.position WHERE held = 1 "
                "AND (progress_on, lease.position) > (?1, ?2) AND progress_on <= ?3 "
                "ORDER BY progress_on, lease.position LIMIT ?4");

    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, stalled->after.progress_on);
    sqlite3_bind_int64(statement, 2, stalled->after.position);
    sqlite3_bind_int64(statement, 3, stalled->until);
    sqlite3_bind_int64(statement, 4, (int64_t)stalled->limit);
    return statement;
}

static enum problem read_stalled(struct sqlite_store *store, struct sqlite_reader *reader,
                                 struct store_call *call)
{
    struct store_stalled *stalled = CONTAINER_OF(call, struct store_stalled, call);
    enum problem problem = PROBLEM_NONE;
    sqlite3_stmt *statement;
    int code = SQLITE_DONE;

    (void)store;
    stalled->count = 0;
    stalled->jobs = ARENA_ARRAY(stalled->arena, struct held_job, stalled->limit);
    if (stalled->jobs == NULL)
        return problem_no_memory(&call->err);
    statement = stalled_statement(reader, stalled);
    if (statement == NULL)
        return sqlite_problem(reader->db, &call->err);
    while (problem == PROBLEM_NONE && (code = sqlite3_step(statement)) == SQLITE_ROW)
        problem = read_held(reader, statement, stalled);
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, &call->err);
    sqlite_rewind(statement);
    return problem;
}

void sqlite_read_stalled(struct store *store, struct store_stalled *stalled)
{
    sqlite_read(store, &stalled->call, read_stalled);
}
