/* The statistics in SQLite: the buckets of one width, added up by step and type. */
#include "base/scope.h"
#include "store/sqlite/state.h"

#define IN_WINDOW " FROM ended WHERE bucket_ms = ?1 AND at >= ?2 AND at < ?3"

/* The busiest types: series for their names, and their numbers; 0 stands for the others. */
struct reading {
    struct sqlite_reader *reader;
    struct store_statistics *operation;
    int64_t types[STATISTICS_TYPES_MAX + 1];
};

static sqlite3_stmt *prepare(const struct reading *reading, const char *sql)
{
    const struct statistics_window *window = &reading->operation->statistics.window;
    sqlite3_stmt *statement = sqlite_prepare_cached(reading->reader, sql);

    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, window->bucket_ms);
    sqlite3_bind_int64(statement, 2, window->from);
    sqlite3_bind_int64(statement, 3, window->to);
    return statement;
}

/* Hands each row to `use`. */
static enum problem each_row(struct reading *reading, sqlite3_stmt *statement,
                             enum problem (*use)(struct reading *reading, sqlite3_stmt *row))
{
    struct err *err = &reading->operation->call.err;
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_DONE;

    if (statement == NULL)
        return sqlite_problem(reading->reader->db, err);
    while (problem == PROBLEM_NONE && (code = sqlite3_step(statement)) == SQLITE_ROW)
        problem = use(reading, statement);
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reading->reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

static enum problem use_type(struct reading *reading, sqlite3_stmt *row)
{
    struct store_statistics *operation = reading->operation;
    struct statistics *statistics = &operation->statistics;
    struct span name = {(const char *)sqlite3_column_text(row, 1), 0};

    if (name.ptr == NULL)
        return problem_no_memory(&operation->call.err);
    name.len = (size_t)sqlite3_column_bytes(row, 1);
    reading->types[statistics->count] = sqlite3_column_int64(row, 0);
    statistics->series[statistics->count].type = arena_span(operation->arena, name);
    return statistics->series[statistics->count++].type.ptr != NULL
               ? PROBLEM_NONE
               : problem_no_memory(&operation->call.err);
}

static enum problem read_types(struct reading *reading)
{
    sqlite3_stmt *statement = prepare(
        reading, "SELECT type.id, type.name FROM (SELECT type AS id, sum(succeeded + failed + "
                 "aborted) AS total" IN_WINDOW " AND type > 0 GROUP BY type) AS busy CROSS JOIN "
                 "type ON type.id = busy.id ORDER BY total DESC, name LIMIT ?4");

    if (statement != NULL)
        sqlite3_bind_int64(statement, 4, STATISTICS_TYPES_MAX);
    return each_row(reading, statement, use_type);
}

/* The others come last, and are there once there is something of them. */
static struct statistics_series *series_of(struct reading *reading, int64_t type)
{
    struct statistics *statistics = &reading->operation->statistics;

    for (size_t i = 0; i < statistics->count; i++) {
        if (reading->types[i] == type || reading->types[i] == 0)
            return &statistics->series[i];
    }
    reading->types[statistics->count] = 0;
    statistics->series[statistics->count].type = (struct span){"", 0};
    return &statistics->series[statistics->count++];
}

static enum problem use_bucket(struct reading *reading, sqlite3_stmt *row)
{
    struct statistics_series *series = series_of(reading, sqlite3_column_int64(row, 1));
    struct ended ended = {
        .counts = {[OUTCOME_SUCCEEDED] = sqlite3_column_int64(row, 2),
                   [OUTCOME_FAILED] = sqlite3_column_int64(row, 3),
                   [OUTCOME_ABORTED] = sqlite3_column_int64(row, 4)},
        .run_ms = sqlite3_column_int64(row, 5),
    };

    ended_add(
        statistics_step(&reading->operation->statistics, series, sqlite3_column_int64(row, 0)),
        &ended);
    return PROBLEM_NONE;
}

static enum problem read_statistics(struct sqlite_store *store, struct sqlite_reader *reader,
                                    struct store_call *call)
{
    struct store_statistics *operation = CONTAINER_OF(call, struct store_statistics, call);
    struct statistics *statistics = &operation->statistics;
    struct reading reading = {.reader = reader, .operation = operation};
    enum problem problem;

    (void)store;
    statistics->count = 0;
    statistics->series =
        ARENA_ARRAY(operation->arena, struct statistics_series, STATISTICS_TYPES_MAX + 1);
    if (statistics->series == NULL)
        return problem_no_memory(&call->err);
    problem = read_types(&reading);
    if (problem != PROBLEM_NONE)
        return problem;
    return each_row(
        &reading,
        prepare(&reading, "SELECT at, type, succeeded, failed, aborted, run_ms" IN_WINDOW),
        use_bucket);
}

void sqlite_read_statistics(struct store *store, struct store_statistics *operation)
{
    sqlite_read(store, &operation->call, read_statistics);
}
