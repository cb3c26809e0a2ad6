/* The index of the names that are there, as the daemon's indexer would have written it. */
#include "fill_jobs.h"

#include "base/scope.h"
#include "store/postgres/names/segment.h"
#include "store/postgres/row.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM ((size_t)1 << 30)

static void must(const struct pg_connection *connection, bool good)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", connection->err.text);
    exit(1);
}

static const PGresult *read_jobs(struct pg_connection *connection, int64_t after, int64_t count)
{
    struct pg_params params = {0};
    const PGresult *jobs;

    param_number(&params, after);
    param_number(&params, count);
    jobs = pg_ask(connection,
                  "SELECT position, name, name_folded, type, person FROM job WHERE position > $1 "
                  "ORDER BY position LIMIT $2",
                  &params);
    must(connection, jobs != NULL);
    return jobs;
}

static void gather(struct pg_connection *connection, const PGresult *jobs, struct name_piece *piece,
                   struct arena *arena)
{
    for (int i = 0; i < (int)pg_rows(jobs); i++) {
        struct pg_row row = {jobs, i};
        struct name_job job = {row_number(row, 0, 0), row_span(row, 1), row_span(row, 2),
                               row_span(row, 3)};
        must(connection, row_uuid(row, 4, &job.user) && name_piece_add(piece, &job, arena));
    }
}

/* One segment of a level; false: there are too few jobs behind *after. */
static bool add_segment(struct pg_connection *connection, int level, int64_t count, int64_t *after)
{
    AUTO(name_piece_release) struct name_piece piece = {0};
    AUTO(arena_release) struct arena arena;
    const PGresult *jobs = read_jobs(connection, *after, count);
    bool full = (int64_t)pg_rows(jobs) == count;

    arena_init(&arena, ROOM);
    if (full) {
        gather(connection, jobs, &piece, &arena);
        *after = row_number((struct pg_row){jobs, (int)count - 1}, 0, 0);
    }
    pg_clear(connection);
    if (full)
        must(connection,
             name_piece_send(&piece, level, connection, &arena) && pg_round(connection));
    pg_clear(connection);
    return full;
}

/* The largest first, of each level as many as there can be. */
void fill_names(const char *url)
{
    struct pg_connection connection = {0};
    int64_t count = NAME_SEGMENT_JOBS, after = -1;
    struct err err = {0};

    if (pg_connect(&connection, url, &err) != PROBLEM_NONE) {
        fprintf(stderr, "fill: %s\n", err.text);
        exit(1);
    }
    for (int level = 0; level < NAME_SEGMENT_LEVEL_LAST; level++)
        count *= NAME_SEGMENT_WIDTH;
    for (int level = NAME_SEGMENT_LEVEL_LAST; level >= 0; level--, count /= NAME_SEGMENT_WIDTH)
        while (add_segment(&connection, level, count, &after))
            ;
    pg_disconnect(&connection);
}
