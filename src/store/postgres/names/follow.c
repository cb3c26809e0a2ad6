/* Following: changed jobs are read, and their marks put where they belong now. */
#include "store/postgres/names/follow.h"

#include "base/scope.h"
#include "store/postgres/names/marks.h"
#include "store/postgres/names/segment.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

#define ORDINAL_OF NAME_ORDINAL_OF("c.position")

/* What has changed, and of the jobs that are indexed the rest. */
static const char changed[] =
    "SELECT s.version, c.change, j.status, j.started_on, j.ended_on, " ORDINAL_OF
    " FROM name_state AS s CROSS JOIN LATERAL (SELECT position, change FROM job_change WHERE "
    "change > s.change ORDER BY change LIMIT $1) AS c LEFT JOIN LATERAL (SELECT status, "
    "started_on, ended_on FROM job WHERE position = c.position AND position <= s.last LIMIT 1) AS "
    "j ON TRUE WHERE s.one AND s.block > 0 ORDER BY c.change";

enum column { VERSION, CHANGE, STATUS, STARTED_ON, ENDED_ON, ORDINAL };

static int by_ordinal(const void *a, const void *b)
{
    const struct job_mark *left = a, *right = b;

    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

/* Jobs that are not indexed are, when they will be, as they will be then. */
static size_t take(const PGresult *result, struct job_mark *marks)
{
    size_t count = 0;

    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        if (!row_is_null(row, STATUS))
            marks[count++] = job_mark_of(row, STATUS, row_number(row, ORDINAL, 0));
    }
    if (count > 0)
        qsort(marks, count, sizeof(*marks), by_ordinal);
    return count;
}

static void send_state(struct pg_connection *connection, int64_t version, int64_t change)
{
    struct pg_params params = {0};

    param_number(&params, version);
    param_number(&params, change);
    pg_send(connection,
            "UPDATE name_state SET version = version + 1, change = $2 WHERE one AND version = $1",
            &params);
}

static bool write_marks(struct pg_connection *connection, const struct job_mark *marks,
                        size_t count, int64_t version, int64_t change, struct arena *arena)
{
    AUTO(mark_chunks_release) struct mark_chunks chunks = {0};
    struct pg_params params[MARK_STATEMENTS] = {0};
    bool good;

    if (count > 0 && (!mark_chunks_read(&chunks, connection, marks, count, arena) ||
                      !mark_chunks_params(&chunks, version, params, arena)))
        return false;
    name_round_begin(connection);
    if (count > 0)
        mark_chunks_send(params, connection);
    send_state(connection, version, change);
    good = pg_round(connection);
    if (good)
        pg_clear(connection);
    return good;
}

bool name_follow(struct pg_connection *connection, size_t *ret_count)
{
    AUTO(arena_release) struct arena arena;
    struct job_mark marks[FOLLOW_MAX];
    struct pg_params params = {0};
    const PGresult *result;
    struct pg_row last;
    int64_t version, change;
    size_t count;

    arena_init(&arena, ARENA_MAX);
    param_number(&params, FOLLOW_MAX);
    result = pg_ask(connection, changed, &params);
    *ret_count = result != NULL ? pg_rows(result) : 0;
    if (*ret_count == 0) {
        if (result != NULL)
            pg_clear(connection);
        return result != NULL;
    }
    last = (struct pg_row){result, (int)*ret_count - 1};
    version = row_number(last, VERSION, 0);
    change = row_number(last, CHANGE, 0);
    count = take(result, marks);
    pg_clear(connection);
    return write_marks(connection, marks, count, version, change, &arena);
}
