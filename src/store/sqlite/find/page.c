/* Pages: jobs read by position, or remembered by the change number that the statement lists. */
#include "store/sqlite/find/page.h"

#include "store/sqlite/find/source.h"

bool page_is_direct(const struct search *search)
{
    size_t types = search->scope.type_count > 0 ? search->scope.type_count : 1;
    size_t statuses = (size_t)__builtin_popcount(search->scope.statuses);

    return search->query->order == ORDER_CREATED && !search->by_name && statuses > 0 &&
           types * statuses <= SHAPE_STREAMS_MAX;
}

enum problem page_room(struct search *search, struct store_find *find, size_t count,
                       struct job **ret_jobs)
{
    struct job *jobs = ARENA_ARRAY(find->arena, struct job, count + 1);

    find->jobs = ARENA_ARRAY(find->arena, const struct job *, count + 1);
    if (jobs == NULL || find->jobs == NULL)
        return problem_no_memory(search->err);
    for (size_t i = 0; i < count; i++)
        find->jobs[i] = &jobs[i];
    *ret_jobs = jobs;
    return PROBLEM_NONE;
}

enum problem page_load(struct search *search, struct store_find *find, int64_t position,
                       struct job *ret_job)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        search->reader, "SELECT " SQLITE_SHOWN_COLUMNS " FROM job WHERE position = ?1");
    enum problem problem;

    if (statement == NULL)
        return search_failed(search);
    sqlite3_bind_int64(statement, 1, position);
    if (sqlite3_step(statement) == SQLITE_ROW)
        problem = sqlite_shown_row(search->reader, statement, find->arena, ret_job, search->err);
    else
        problem = search_failed(search);
    sqlite3_reset(statement);
    if (problem == PROBLEM_NONE)
        remembered_keep(&search->reader->remembered, ret_job);
    return problem;
}

static enum shape_columns listed(const struct search *search)
{
    return search->has_after ? SHAPE_JOB : SHAPE_CHANGE;
}

static enum problem read_row(struct search *search, sqlite3_stmt *row, struct store_find *find,
                             struct job *ret_job)
{
    int64_t change;

    if (listed(search) == SHAPE_JOB)
        return sqlite_shown_row(search->reader, row, find->arena, ret_job, search->err);
    change = sqlite3_column_int64(row, 1);
    if (remembered_find(&search->reader->remembered, change, find->arena, ret_job))
        return PROBLEM_NONE;
    return page_load(search, find, sqlite3_column_int64(row, 0), ret_job);
}

/* The row behind a full page is only noticed, not read. */
static enum problem read_rows(struct search *search, sqlite3_stmt *statement,
                              struct store_find *find, struct job *jobs)
{
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        enum problem problem;

        find->more = find->count == search->want - 1;
        if (find->more)
            return PROBLEM_NONE;
        problem = read_row(search, statement, find, &jobs[find->count++]);
        if (problem != PROBLEM_NONE)
            return problem;
    }
    return code == SQLITE_DONE ? PROBLEM_NONE : search_failed(search);
}

enum problem page_read(struct search *search, struct store_find *find)
{
    int64_t below = search->has_after ? search->after.position : INT64_MAX;
    struct source source = {.count = 0};
    struct job *jobs = NULL;
    enum problem problem = page_room(search, find, search->want - 1, &jobs);

    if (problem == PROBLEM_NONE)
        problem = source_init(search, &source, SOURCE_STREAMS, &search->scope, below);
    if (problem != PROBLEM_NONE)
        return problem;
    source_shape(search, &source, listed(search), search->want);
    sqlite3_stmt *statement = search_statement(search);
    if (statement == NULL)
        return search_failed(search);
    find->count = 0;
    find->more = false;
    problem = read_rows(search, statement, find, jobs);
    sqlite_rewind(statement);
    return problem;
}
