/* The overview: how many jobs there are of each state, and whose leases are stalled. */
#include "base/scope.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

/* One more than is told apart of each, from indexes alone, all at one moment. */
#define SELECT_SUMMARY                                                                             \
    "SELECT s.status, count(*) FROM generate_series(0, $1 - 1) AS s (status) CROSS JOIN LATERAL "  \
    "(SELECT 1 FROM job WHERE job.status = s.status LIMIT $2) AS j GROUP BY s.status "             \
    "UNION ALL SELECT $1, count(*) FROM (SELECT 1 FROM lease WHERE held AND progress_on <= $3 "    \
    "LIMIT $2) AS l"

enum problem pg_read_summary(struct pg_connection *connection, struct store_summary *operation)
{
    struct pg_params params = {0};
    const PGresult *result;

    operation->summary = (struct summary){0};
    param_number(&params, STATUS_COUNT);
    param_number(&params, SUMMARY_COUNT_MAX + 1);
    param_number(&params, operation->stalled_until);
    result = pg_ask(connection, SELECT_SUMMARY, &params);
    if (result == NULL)
        return pg_failed(connection, &operation->call.err);
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        int64_t status = row_number(row, 0, 0), count = row_number(row, 1, 0);
        if (status == STATUS_COUNT)
            operation->summary.stalled = count;
        else
            operation->summary.states[status_state((enum job_status)status)] += count;
    }
    return PROBLEM_NONE;
}

enum problem pg_read_stalled(struct pg_connection *connection, struct store_stalled *stalled)
{
    struct pg_params params = {0};
    enum problem problem = PROBLEM_NONE;
    const PGresult *result;

    param_number(&params, stalled->after.progress_on);
    param_number(&params, stalled->after.position);
    param_number(&params, stalled->until);
    param_number(&params, (int64_t)stalled->limit);
    result = pg_ask(connection,
                    "SELECT " PG_JOB_COLUMNS ", " PG_LEASE_COLUMNS " FROM (SELECT * FROM lease "
                    "WHERE held AND (progress_on, position) > ($1, $2) AND progress_on <= $3 "
                    "ORDER BY progress_on, position LIMIT $4) AS lease JOIN job USING (position) "
                    "JOIN job_change USING (position) ORDER BY progress_on, position",
                    &params);
    if (result == NULL)
        return pg_failed(connection, &stalled->call.err);
    stalled->count = pg_rows(result);
    stalled->jobs = ARENA_ARRAY(stalled->arena, struct held_job, stalled->count);
    if (stalled->jobs == NULL)
        return problem_no_memory(&stalled->call.err);
    for (size_t i = 0; i < stalled->count && problem == PROBLEM_NONE; i++) {
        struct pg_row row = {result, (int)i};
        problem = pg_job_row(row, stalled->arena, &stalled->jobs[i].job, &stalled->call.err);
        if (problem == PROBLEM_NONE)
            problem = pg_lease_row(row, PG_JOB_COLUMN_COUNT, stalled->arena,
                                   &stalled->jobs[i].lease, &stalled->call.err);
    }
    return problem;
}
