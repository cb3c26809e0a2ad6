/* Segments: the newest ones are put together, word by word. */
#include "store/postgres/names/segment.h"

#include "base/scope.h"
#include "store/postgres/names/name_order.h"
#include "store/postgres/row.h"

static const char lock[] = "SELECT pg_advisory_xact_lock(hashtextextended('jobd names ' || "
                           "current_schema(), 0))";

/* A table that has grown since it was planned with is not read whole for each of thousands. */
static const char seek[] = "SELECT set_config('enable_seqscan', 'off', true)";

void name_round_begin(struct pg_connection *connection)
{
    pg_send(connection, lock, NULL);
    pg_send(connection, seek, NULL);
}

/* The newest ones' first positions, when they are so many of one level that is not the last. */
static bool find_alike(struct pg_connection *connection, int64_t ret_firsts[NAME_SEGMENT_WIDTH],
                       int64_t *ret_level, bool *ret_found)
{
    struct pg_params params = {0};
    const PGresult *result;

    param_number(&params, NAME_SEGMENT_WIDTH);
    result = pg_ask(connection,
                    "SELECT first, level FROM name_segment ORDER BY first DESC LIMIT $1", &params);
    if (result == NULL)
        return false;
    *ret_found = pg_rows(result) == NAME_SEGMENT_WIDTH;
    for (int i = 0; i < NAME_SEGMENT_WIDTH && *ret_found; i++) {
        struct pg_row row = {result, i};
        ret_firsts[i] = row_number(row, 0, 0);
        *ret_level = row_number(row, 1, 0);
        *ret_found = *ret_level < NAME_SEGMENT_LEVEL_LAST &&
                     *ret_level == row_number(pg_first(result), 1, 0);
    }
    pg_clear(connection);
    return true;
}

/* Daemons take the same ones to merge: who comes second has nothing to do. */
#define ARE_THERE                                                                                  \
    "(SELECT count(*) FROM name_segment WHERE first = ANY($1::int8[]) AND level = $2) = $3"

static bool merge(struct pg_connection *connection, const int64_t firsts[NAME_SEGMENT_WIDTH],
                  int64_t level)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};

    arena_init(&arena, 1 << 16);
    param_numbers(&params, &arena, firsts, NAME_SEGMENT_WIDTH);
    param_number(&params, level);
    param_number(&params, NAME_SEGMENT_WIDTH);
    name_round_begin(connection);
    pg_send(connection,
            "WITH old AS (DELETE FROM name_posting WHERE segment = ANY($1::int8[]) AND " ARE_THERE
            " RETURNING segment, word, jobs) INSERT INTO name_posting (segment, word, jobs) SELECT "
            "min(min(segment)) OVER (), word, string_agg(jobs, '' ORDER BY segment) FROM old "
            "GROUP BY word",
            &params);
    pg_send(connection, "DELETE FROM name_order WHERE segment = ANY($1::int8[]) AND " ARE_THERE,
            &params);
    pg_send(connection,
            "WITH old AS (DELETE FROM name_segment WHERE first = ANY($1::int8[]) AND level = $2 "
            "RETURNING first, last, block) INSERT INTO name_segment (first, last, level, block) "
            "SELECT min(first), max(last), $2 + 1, min(block) FROM old HAVING count(*) = $3",
            &params);
    name_order_send(connection, firsts[NAME_SEGMENT_WIDTH - 1]);
    return pg_round(connection);
}

bool name_segments_merge(struct pg_connection *connection)
{
    int64_t firsts[NAME_SEGMENT_WIDTH], level = 0;
    bool found = true, good = true;

    while (good && found) {
        good = find_alike(connection, firsts, &level, &found);
        if (good && found)
            good = merge(connection, firsts, level);
        if (good)
            pg_clear(connection);
    }
    return good;
}
