/* Fills SQLite: one transaction after another without syncs, the index at the end. */
#include "fill_jobs.h"

#include "base/scope.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/index/name_index.h"

#include <stdio.h>
#include <stdlib.h>

/* The larger the piece, the less its segment is merged; but ranges of names are parted between
 * pieces only, so none is more than a part of all before it. */
#define INDEX_PIECE 50000
#define INDEX_PIECE_FIRST 1024
#define INDEX_PART 16

struct fill {
    struct sqlite_reader *connection;
    struct fill_jobs *jobs;
};

static void must(struct fill *fill, bool good)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", sqlite3_errmsg(fill->connection->db));
    exit(1);
}

static sqlite3_stmt *statement(struct fill *fill, const char *sql)
{
    sqlite3_stmt *prepared = sqlite_prepare_cached(fill->connection, sql);

    must(fill, prepared != NULL);
    return prepared;
}

static void run(struct fill *fill, sqlite3_stmt *prepared)
{
    must(fill, sqlite3_step(prepared) == SQLITE_DONE);
    sqlite_rewind(prepared);
}

static void fill_dictionaries(struct fill *fill)
{
    for (int i = 0; i < FILL_TYPES; i++) {
        sqlite3_stmt *insert = statement(fill, "INSERT INTO type (name) VALUES (?1)");
        sqlite_bind_span(insert, 1, span_of(fill_type(&fill->jobs->arena, i)));
        run(fill, insert);
    }
    for (int i = 0; i < FILL_USERS; i++) {
        sqlite3_stmt *insert = statement(fill, "INSERT INTO person (uuid) VALUES (?1)");
        struct uuid uuid = fill_user(i);
        sqlite_bind_uuid(insert, 1, &uuid);
        run(fill, insert);
    }
}

static void bind_time(sqlite3_stmt *insert, int parameter, int64_t time)
{
    if (time != JOB_NO_TIME)
        sqlite3_bind_int64(insert, parameter, time);
}

static void fill_job(struct fill *fill, const struct fill_job *job)
{
    sqlite3_stmt *insert = statement(
        fill, "INSERT INTO job (position, id, change, status, type, person, created_by, "
              "modified_by, modified_on, started_on, ended_on, self_managed, priority, attempt, "
              "max_attempts, name, name_folded) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?11, ?7, ?8, 0, 0, 0, 1, ?9, ?10)");
    struct uuid id = uuid_at(job->position);

    sqlite3_bind_int64(insert, 1, job->position);
    sqlite_bind_uuid(insert, 2, &id);
    sqlite3_bind_int64(insert, 3, job->change);
    sqlite3_bind_int(insert, 4, job->status);
    sqlite3_bind_int64(insert, 5, 1 + job->type);
    sqlite3_bind_int64(insert, 6, 1 + job->user);
    bind_time(insert, 7, job->started_on);
    bind_time(insert, 8, job->ended_on);
    sqlite_bind_span(insert, 9, job->name);
    sqlite_bind_span(insert, 10, job->folded);
    sqlite3_bind_int64(insert, 11, job->created_ms);
    run(fill, insert);
}

static void fill_all(struct fill *fill)
{
    struct fill_job job;

    must(fill, connection_run(fill->connection, "BEGIN"));
    while (fill_jobs_next(fill->jobs, &job)) {
        if (job.change % 10000 == 0)
            must(fill, connection_run(fill->connection, "COMMIT; BEGIN"));
        fill_job(fill, &job);
    }
    must(fill, connection_run(fill->connection, "COMMIT"));
}

/* In large pieces, whose segments are merged less often, until nothing is left to merge. */
static void fill_index(struct fill *fill)
{
    struct name_index_progress progress = {.behind = true};
    int64_t indexed = 0, piece;

    while (progress.behind || progress.merging) {
        must(fill, connection_run(fill->connection, "BEGIN"));
        piece = INDEX_PIECE_FIRST + indexed / INDEX_PART;
        must(fill, name_index_step(fill->connection,
                                   (int)(piece < INDEX_PIECE ? piece : INDEX_PIECE), &progress));
        indexed += progress.done;
        must(fill, connection_run(fill->connection, "COMMIT"));
    }
}

static double timed(struct fill *fill, void (*step)(struct fill *fill))
{
    int64_t start = clock_mono_ns(&clock_system);

    step(fill);
    return (double)(clock_mono_ns(&clock_system) - start) / 1000 / (double)fill->jobs->count;
}

void fill_sqlite(const char *path, struct fill_jobs *jobs)
{
    struct fill fill = {.jobs = jobs};
    struct err err = {0};

    if (!connection_open(path, CONNECTION_WRITES, &fill.connection, &err)) {
        fprintf(stderr, "fill: %s\n", err.text);
        exit(1);
    }
    must(&fill, connection_run(fill.connection,
                               "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 20000;"
                               "PRAGMA cache_size = -262144"));
    fill_dictionaries(&fill);
    printf("%.1f µs a job", timed(&fill, fill_all));
    fflush(stdout);
    printf(", %.1f µs to index its name\n", timed(&fill, fill_index));
    connection_close(fill.connection);
}
