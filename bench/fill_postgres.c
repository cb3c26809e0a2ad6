/* Fills PostgreSQL: COPY into tables without indexes, which are built at the end. */
#include "fill_jobs.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/scope.h"
#include "store/name_key.h"
#include "store/postgres/connection.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS 16384 /* of a COPY */
#define ROOM ((size_t)256 << 20)

struct fill {
    PGconn *conn;
    struct fill_jobs *jobs;
    struct buf job, change, name;
    int64_t last; /* position */
    char *indexes; /* what builds them again */
};

static void must(const struct fill *fill, bool good)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", PQerrorMessage(fill->conn));
    exit(1);
}

static void run(const struct fill *fill, const char *sql)
{
    PGresult *result = PQexec(fill->conn, sql);
    ExecStatusType status = PQresultStatus(result);

    must(fill, status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    PQclear(result);
}

/* The first value of the first row, to be freed. */
static char *ask(const struct fill *fill, const char *sql)
{
    PGresult *result = PQexec(fill->conn, sql);
    char *value;

    must(fill, PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1);
    value = mem_need(mem_strdup(PQgetvalue(result, 0, 0)));
    PQclear(result);
    return value;
}

static void send(const struct fill *fill, const char *copy, struct buf *rows)
{
    must(fill, !buf_failed(rows));
    if (rows->len == 0)
        return;
    run(fill, "BEGIN");
    PQclear(PQexec(fill->conn, copy));
    must(fill, PQputCopyData(fill->conn, rows->ptr, (int)rows->len) == 1);
    must(fill, PQputCopyEnd(fill->conn, NULL) == 1);
    for (PGresult *result; (result = PQgetResult(fill->conn)) != NULL; PQclear(result))
        must(fill, PQresultStatus(result) == PGRES_COMMAND_OK);
    run(fill, "COMMIT");
    buf_clear(rows);
}

static void send_all(struct fill *fill)
{
    send(fill,
         "COPY job (position, id, status, self_managed, priority, attempt, max_attempts, "
         "started_on, ended_on, person, created_by, type, name, name_folded) FROM STDIN",
         &fill->job);
    send(fill, "COPY job_change (position, change, modified_by, modified_on) FROM STDIN",
         &fill->change);
    send(fill, "COPY job_name (position, person, type, name_key) FROM STDIN", &fill->name);
}

static void add_time(struct buf *row, int64_t time)
{
    if (time == JOB_NO_TIME)
        buf_add_str(row, "\\N\t");
    else
        buf_printf(row, "%lld\t", (long long)time);
}

/* The rows of a job; its name holds nothing that COPY would take for something else. */
static void add_job(struct fill *fill, const struct fill_job *job)
{
    const char *type = fill_type(&fill->jobs->arena, job->type);
    struct uuid id = uuid_at(job->position), uuid = fill_user(job->user);
    char id_text[UUID_TEXT_SIZE], user[UUID_TEXT_SIZE];
    struct span key = name_key(job->folded);

    uuid_format(&id, id_text);
    uuid_format(&uuid, user);
    buf_printf(&fill->job, "%lld\t%s\t%d\tf\t0\t0\t1\t", (long long)job->position, id_text,
               (int)job->status);
    add_time(&fill->job, job->started_on);
    add_time(&fill->job, job->ended_on);
    buf_printf(&fill->job, "%s\t%s\t%s\t", user, user, type);
    buf_add_span(&fill->job, job->name);
    buf_add_char(&fill->job, '\t');
    buf_add_span(&fill->job, job->folded);
    buf_add_char(&fill->job, '\n');
    buf_printf(&fill->change, "%lld\t%lld\t%s\t%lld\n", (long long)job->position,
               (long long)job->change, user, (long long)job->created_ms);
    buf_printf(&fill->name, "%lld\t%s\t%s\t", (long long)job->position, user, type);
    buf_add_span(&fill->name, key);
    buf_add_char(&fill->name, '\n');
}

static void fill_tables(struct fill *fill)
{
    struct fill_job job;

    while (fill_jobs_next(fill->jobs, &job)) {
        add_job(fill, &job);
        fill->last = job.position;
        if (job.change % ROWS == 0)
            send_all(fill);
    }
    send_all(fill);
}

/* As they are in the schema; primary keys stay. */
static void drop_indexes(struct fill *fill)
{
    char *drop = ask(fill, "SELECT string_agg(format('DROP INDEX %I', indexname), ';') FROM "
                           "pg_indexes WHERE schemaname = current_schema() AND tablename IN "
                           "('job', 'job_name') AND indexname NOT LIKE '%pkey'");

    fill->indexes = ask(fill, "SELECT string_agg(indexdef, ';') FROM pg_indexes WHERE schemaname "
                              "= current_schema() AND tablename IN ('job', 'job_name') AND "
                              "indexname NOT LIKE '%pkey'");
    run(fill, drop);
    mem_free(drop);
}

static void build_indexes(struct fill *fill)
{
    run(fill, "SET maintenance_work_mem = '512MB'");
    run(fill, fill->indexes);
    run(fill, "VACUUM ANALYZE");
}

static void set_numbers(struct fill *fill)
{
    char sql[160];

    snprintf(sql, sizeof(sql), "UPDATE writer SET position = %lld, change = %lld",
             (long long)fill->last, (long long)fill->jobs->count);
    run(fill, sql);
}

static double timed(struct fill *fill, void (*step)(struct fill *fill))
{
    int64_t start = clock_mono_ns(&clock_system);

    step(fill);
    return (double)(clock_mono_ns(&clock_system) - start) / 1000 / (double)fill->jobs->count;
}

void fill_postgres(const char *url, struct fill_jobs *jobs)
{
    struct fill fill = {.jobs = jobs, .job = BUF(ROOM), .change = BUF(ROOM), .name = BUF(ROOM)};
    struct err err = {0};

    fill.conn = pg_open(url, &err);
    if (fill.conn == NULL) {
        fprintf(stderr, "fill: %s\n", err.text);
        exit(1);
    }
    run(&fill, "SET statement_timeout = 0; SET synchronous_commit = off");
    drop_indexes(&fill);
    printf("%.1f µs a job", timed(&fill, fill_tables));
    fflush(stdout);
    printf(", %.1f µs to index it\n", timed(&fill, build_indexes));
    fill_names(url);
    run(&fill, "VACUUM ANALYZE name_range, name_segment, name_posting, name_place, "
               "name_order, job_set, date_zone");
    set_numbers(&fill);
    mem_free(fill.indexes);
    buf_release(&fill.job);
    buf_release(&fill.change);
    buf_release(&fill.name);
    PQfinish(fill.conn);
}
