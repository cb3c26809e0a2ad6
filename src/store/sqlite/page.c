/* A page whose jobs one statement yields whole, because streams have the query's order. */
#include "store/sqlite/page.h"

#include "store/sqlite/source.h"

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
        problem = sqlite_shown_row(search->reader, statement, find->arena, &jobs[find->count++],
                                   search->err);
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
    source_shape(search, &source, SHAPE_JOB, search->want);
    sqlite3_stmt *statement = search_statement(search);
    if (statement == NULL)
        return search_failed(search);
    find->count = 0;
    find->more = false;
    problem = read_rows(search, statement, find, jobs);
    sqlite_rewind(statement);
    return problem;
}
