/* Reading changes: a stretch of the index of change numbers, and the last one, at one moment. */
#include "base/scope.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

/* The last number comes with each row, and alone where there is none. */
#define SELECT_CHANGES                                                                             \
    "SELECT " PG_JOB_COLUMNS ", latest.change FROM (SELECT coalesce(max(change), 0) AS change "    \
    "FROM job_change) AS latest LEFT JOIN ((SELECT * FROM job_change WHERE change > $1 "           \
    "ORDER BY change LIMIT $2) AS job_change JOIN job USING (position)) ON TRUE "                  \
    "ORDER BY job_change.change"

enum problem pg_read_changes(struct pg_connection *connection, struct store_changes *changes)
{
    struct pg_params params = {0};
    enum problem problem = PROBLEM_NONE;
    const PGresult *result;

    param_number(&params, changes->after);
    param_number(&params, (int64_t)changes->limit);
    result = pg_ask(connection, SELECT_CHANGES, &params);
    if (result == NULL)
        return pg_failed(connection, &changes->call.err);
    changes->last = row_number(pg_first(result), PG_JOB_COLUMN_COUNT, 0);
    changes->count = row_is_null(pg_first(result), 0) ? 0 : pg_rows(result);
    changes->jobs = ARENA_ARRAY(changes->arena, struct job, pg_rows(result));
    if (changes->jobs == NULL)
        return problem_no_memory(&changes->call.err);
    for (size_t i = 0; i < changes->count && problem == PROBLEM_NONE; i++)
        problem = pg_job_row((struct pg_row){result, (int)i}, changes->arena, &changes->jobs[i],
                             &changes->call.err);
    return problem;
}
