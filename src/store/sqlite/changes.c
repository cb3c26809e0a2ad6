/* Reading changes: a stretch of the index of change numbers. */
#include "store/sqlite/connection.h"
#include "store/sqlite/state.h"

#include "base/scope.h"

static enum problem read_rows(struct sqlite_reader *reader, sqlite3_stmt *statement,
                              struct store_changes *changes)
{
    struct err *err = &changes->call.err;
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        enum problem problem =
            sqlite_job_row(reader, statement, changes->arena, &changes->jobs[changes->count], err);
        if (problem != PROBLEM_NONE)
            return problem;
        changes->count++;
    }
    return code == SQLITE_DONE ? PROBLEM_NONE : sqlite_problem(reader->db, err);
}

enum problem sqlite_changes(struct sqlite_reader *reader, struct store_changes *changes)
{
    struct err *err = &changes->call.err;
    sqlite3_stmt *statement;
    enum problem problem;

    changes->count = 0;
    changes->jobs = ARENA_ARRAY(changes->arena, struct job, changes->limit + 1);
    if (changes->jobs == NULL)
        return problem_no_memory(err);
    if (!connection_number(reader, "SELECT max(change) FROM job", &changes->last))
        return sqlite_problem(reader->db, err);
    if (changes->last <= changes->after || changes->limit == 0)
        return PROBLEM_NONE;
    statement =
        sqlite_prepare_cached(reader, "SELECT " SQLITE_JOB_COLUMNS
                                      " FROM job WHERE change > ?1 ORDER BY change LIMIT ?2");
    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, changes->after);
    sqlite3_bind_int64(statement, 2, (int64_t)changes->limit);
    problem = read_rows(reader, statement, changes);
    sqlite_rewind(statement);
    return problem;
}

static enum problem changes(struct sqlite_store *store, struct sqlite_reader *reader,
                            struct store_call *call)
{
    (void)store;
    return sqlite_changes(reader, CONTAINER_OF(call, struct store_changes, call));
}

void sqlite_read_changes(struct store *store, struct store_changes *operation)
{
    sqlite_read(store, &operation->call, changes);
}
