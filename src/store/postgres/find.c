/* Find: one statement a page, made of the query's filters, its order and its cursor. */
#include "store/postgres/find_sql.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

/* Names and types never change, so a cursor has them read again at its position. */
static enum problem read_place(struct pg_connection *connection, struct store_find *find,
                               struct find_place *ret_place)
{
    struct pg_params params = {0};
    const PGresult *result;
    struct pg_row row;

    *ret_place = (struct find_place){.numbers = *find->after};
    if (find->query->order != ORDER_NAME && find->query->order != ORDER_TYPE)
        return PROBLEM_NONE;
    param_number(&params, find->after->position);
    result = pg_ask(connection, "SELECT name_folded, type FROM job WHERE position = $1", &params);
    if (result == NULL)
        return pg_failed(connection, &find->call.err);
    if (pg_rows(result) == 0)
        return PROBLEM_INVALID_CURSOR;
    row = pg_first(result);
    ret_place->text = row_text(row, find->query->order == ORDER_NAME ? 0 : 1, find->arena);
    if (ret_place->text.ptr == NULL)
        return problem_no_memory(&find->call.err);
    pg_clear(connection);
    return PROBLEM_NONE;
}

static enum problem read_page(const PGresult *result, struct store_find *find)
{
    size_t rows = pg_rows(result);
    size_t count = rows < find->query->page_size ? rows : find->query->page_size;
    struct job *jobs = ARENA_ARRAY(find->arena, struct job, count);
    const struct job **list = ARENA_ARRAY(find->arena, const struct job *, count);
    enum problem problem = PROBLEM_NONE;

    if (jobs == NULL || list == NULL)
        return problem_no_memory(&find->call.err);
    for (size_t i = 0; i < count && problem == PROBLEM_NONE; i++) {
        problem =
            pg_job_row((struct pg_row){result, (int)i}, find->arena, &jobs[i], &find->call.err);
        list[i] = &jobs[i];
    }
    find->jobs = list;
    find->count = count;
    find->more = rows > count;
    return problem;
}

enum problem pg_find(struct pg_connection *connection, struct store_find *find)
{
    AUTO(buf_release) struct buf sql = BUF(1 << 16);
    struct pg_params params = {0};
    struct find_place place;
    const PGresult *result;
    enum problem problem;

    if (find->after != NULL) {
        problem = read_place(connection, find, &place);
        if (problem != PROBLEM_NONE)
            return problem;
    }
    find_sql(find, find->after != NULL ? &place : NULL, &sql, &params);
    if (buf_failed(&sql))
        return problem_no_memory(&find->call.err);
    result = pg_ask(connection, buf_span(&sql).ptr, &params);
    if (result == NULL)
        return pg_failed(connection, &find->call.err);
    return read_page(result, find);
}
