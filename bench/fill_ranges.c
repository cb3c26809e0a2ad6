/* The ranges of the names that are there, as the daemon's indexer would have written them. */
#include "fill_jobs.h"

#include "base/scope.h"
#include "store/postgres/names/name_range.h"
#include "store/postgres/row.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS 16384
#define ROOM ((size_t)256 << 20)

static void must(const struct pg_connection *connection, bool good)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", connection->err.text);
    exit(1);
}

static const PGresult *read_names(struct pg_connection *connection, int64_t after)
{
    struct pg_params params = {0};
    const PGresult *names;

    param_number(&params, after);
    param_number(&params, ROWS);
    names = pg_ask(connection,
                   "SELECT position, name_key FROM job_name WHERE position > $1 ORDER BY position "
                   "LIMIT $2",
                   &params);
    must(connection, names != NULL);
    return names;
}

/* Those behind a position; returns the last one's, or what it was when there is none. */
static int64_t add_some(struct pg_connection *connection, int64_t after)
{
    AUTO(name_ranges_release) struct name_ranges ranges = {0};
    AUTO(arena_release) struct arena arena;
    const PGresult *names = read_names(connection, after);
    size_t count = pg_rows(names);

    arena_init(&arena, ROOM);
    for (size_t i = 0; i < count; i++) {
        struct span key = row_span((struct pg_row){names, (int)i}, 1);
        must(connection, name_ranges_add(&ranges, key, &arena));
    }
    if (count > 0) {
        after = row_number((struct pg_row){names, (int)count - 1}, 0, 0);
        pg_clear(connection);
        name_ranges_send(&ranges, connection, &arena);
        must(connection, pg_round(connection));
    }
    pg_clear(connection);
    return after;
}

void fill_ranges(const char *url)
{
    struct pg_connection connection;
    struct err err = {0};
    int64_t before = -1, at = -1;

    if (pg_connect(&connection, url, &err) != PROBLEM_NONE) {
        fprintf(stderr, "fill: %s\n", err.text);
        exit(1);
    }
    do {
        before = at;
        at = add_some(&connection, before);
    } while (at != before);
    pg_disconnect(&connection);
}
