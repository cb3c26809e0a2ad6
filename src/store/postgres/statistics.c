/* The statistics: the buckets of one width, added up by step and type. */
#include "base/scope.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

#define IN_WINDOW " FROM ended WHERE bucket_ms = $1 AND at >= $2 AND at < $3"

static enum problem begin_series(const PGresult *types, struct store_statistics *operation)
{
    struct statistics *statistics = &operation->statistics;

    statistics->count = 0;
    statistics->series =
        ARENA_ARRAY(operation->arena, struct statistics_series, STATISTICS_TYPES_MAX + 1);
    if (statistics->series == NULL)
        return problem_no_memory(&operation->call.err);
    for (size_t i = 0; i < pg_rows(types); i++) {
        struct span *type = &statistics->series[statistics->count++].type;
        *type = row_text((struct pg_row){types, (int)i}, 0, operation->arena);
        if (type->ptr == NULL)
            return problem_no_memory(&operation->call.err);
    }
    return PROBLEM_NONE;
}

static void add_bucket(struct statistics *statistics, struct pg_row row)
{
    struct ended ended = {
        .counts = {[OUTCOME_SUCCEEDED] = row_number(row, 2, 0),
                   [OUTCOME_FAILED] = row_number(row, 3, 0),
                   [OUTCOME_ABORTED] = row_number(row, 4, 0)},
        .run_ms = row_number(row, 5, 0),
    };
    struct statistics_series *series = statistics_series(statistics, row_span(row, 1));

    ended_add(statistics_step(statistics, series, row_number(row, 0, 0)), &ended);
}

enum problem pg_read_statistics(struct pg_connection *connection,
                                struct store_statistics *operation)
{
    const struct statistics_window *window = &operation->statistics.window;
    struct pg_params params = {0};
    enum problem problem;
    size_t types, buckets;

    param_number(&params, window->bucket_ms);
    param_number(&params, window->from);
    param_number(&params, window->to);
    buckets = pg_send(connection, "SELECT at, type, succeeded, failed, aborted, run_ms" IN_WINDOW,
                      &params);
    param_number(&params, STATISTICS_TYPES_MAX);
    types = pg_send(connection,
                    "SELECT type" IN_WINDOW " AND type <> '' GROUP BY type ORDER BY "
                    "sum(succeeded + failed + aborted) DESC, type LIMIT $4",
                    &params);
    if (!pg_round(connection))
        return pg_failed(connection, &operation->call.err);
    problem = begin_series(pg_result(connection, types), operation);
    for (size_t i = 0; i < pg_rows(pg_result(connection, buckets)) && problem == PROBLEM_NONE; i++)
        add_bucket(&operation->statistics, (struct pg_row){pg_result(connection, buckets), (int)i});
    return problem;
}
