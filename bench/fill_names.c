/* The index of the names that are there, as the daemon's indexer would have written it. */
#include "fill_jobs.h"

#include "base/scope.h"
#include "store/postgres/names/piece.h"
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

/* One segment of a level; false: there are too few jobs. */
static bool add_segment(struct pg_connection *connection, int level, int64_t count)
{
    AUTO(name_piece_release) struct name_piece piece = {0};
    AUTO(arena_release) struct arena arena;
    const PGresult *jobs = name_piece_ask(connection, count);
    bool full;

    must(connection, jobs != NULL);
    full = (int64_t)pg_rows(jobs) == count;
    arena_init(&arena, ROOM);
    must(connection, !full || name_piece_take(&piece, jobs, &arena));
    pg_clear(connection);
    if (full)
        must(connection, name_piece_write(&piece, level, connection, &arena) &&
                             name_segments_merge(connection));
    return full;
}

/* Larger pieces would take more memory than they save time. */
#define LEVEL_MAX 2

/* The largest first, of each level as many as there can be. */
void fill_names(const char *url)
{
    struct pg_connection connection = {0};
    int64_t count = NAME_SEGMENT_JOBS;
    struct err err = {0};

    if (pg_connect(&connection, url, &err) != PROBLEM_NONE) {
        fprintf(stderr, "fill: %s\n", err.text);
        exit(1);
    }
    for (int level = 0; level < LEVEL_MAX; level++)
        count *= NAME_SEGMENT_WIDTH;
    for (int level = LEVEL_MAX; level >= 0; level--, count /= NAME_SEGMENT_WIDTH)
        while (add_segment(&connection, level, count))
            ;
    pg_disconnect(&connection);
}
