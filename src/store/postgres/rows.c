/* Rows: two statements load them all, and each changed one is stored by what changed. */
#include "store/postgres/rows.h"

#include "store/postgres/row.h"

static struct pg_held **bucket_of(struct pg_rows *rows, int64_t position)
{
    uint64_t hash = (uint64_t)position * UINT64_C(0x9E3779B97F4A7C15);

    return &rows->buckets[hash >> 54];
}
_Static_assert(ROWS_BUCKETS == 1 << 10, "as many as the ten bits of the hash can name");

struct pg_held *rows_at(const struct pg_rows *rows, int64_t position)
{
    struct pg_held *held = *bucket_of((struct pg_rows *)(uintptr_t)rows, position);

    while (held != NULL && held->position != position)
        held = held->next_in_bucket;
    return held;
}

static struct pg_held *add(struct pg_rows *rows, int64_t position)
{
    struct pg_held **bucket = bucket_of(rows, position);
    struct pg_held *held = ARENA_NEW(rows->arena, struct pg_held);

    if (held == NULL)
        return NULL;
    *held = (struct pg_held){.position = position, .wanted = true, .next_in_bucket = *bucket};
    *bucket = held;
    if (rows->last != NULL)
        rows->last->next = held;
    else
        rows->first = held;
    rows->last = held;
    rows->wanted++;
    return held;
}

struct pg_held *rows_want(struct pg_rows *rows, int64_t position)
{
    struct pg_held *held = rows_at(rows, position);

    return held != NULL ? held : add(rows, position);
}

struct pg_held *rows_want_payload(struct pg_rows *rows, int64_t position)
{
    struct pg_held *held = rows_want(rows, position);

    if (held != NULL && held->payload.ptr == NULL && !held->wants_payload) {
        held->wants_payload = true;
        rows->payloads++;
    }
    return held;
}

#define SELECT_JOBS                                                                                \
    "SELECT " PG_JOB_COLUMNS ", " PG_LEASE_COLUMNS " FROM " PG_JOB_TABLES                          \
    " LEFT JOIN lease USING (position) WHERE position = ANY($1)"
#define SELECT_PAYLOADS "SELECT position, json FROM payload WHERE position = ANY($1)"

static bool is_wanted(const struct pg_held *held, bool payload)
{
    return payload ? held->wants_payload : held->wanted;
}

/* Sends one of the two with the positions it is for. */
static size_t send(struct pg_rows *rows, struct pg_connection *connection, bool payload)
{
    struct pg_params params = {0};
    size_t count = 0, room = payload ? rows->payloads : rows->wanted;
    int64_t *positions = ARENA_ARRAY(rows->arena, int64_t, room);

    if (positions == NULL)
        params.failed = true;
    for (const struct pg_held *held = rows->first; held != NULL && !params.failed;
         held = held->next)
        if (is_wanted(held, payload))
            positions[count++] = held->position;
    if (!params.failed)
        param_numbers(&params, rows->arena, positions, count);
    return pg_send(connection, payload ? SELECT_PAYLOADS : SELECT_JOBS, &params);
}

static void read_job(struct pg_held *held, struct pg_row row, struct arena *arena)
{
    enum problem problem = pg_job_row(row, arena, &held->job, &held->err);

    if (problem == PROBLEM_NONE)
        problem = pg_lease_row(row, PG_JOB_COLUMN_COUNT, arena, &held->lease, &held->err);
    held->found = true;
    held->damaged = problem != PROBLEM_NONE;
    held->loaded_job = held->job;
    held->loaded_lease = held->lease;
}

static void read_payload(struct pg_held *held, struct pg_row row, struct arena *arena)
{
    held->payload = row_text(row, 1, arena);
    if (held->payload.ptr == NULL) {
        held->damaged = true;
        problem_no_memory(&held->err);
    }
}

static void read_all(struct pg_rows *rows, const PGresult *result,
                     void (*read)(struct pg_held *held, struct pg_row row, struct arena *arena))
{
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        struct pg_held *held = rows_at(rows, row_number(row, 0, 0));
        if (held != NULL)
            read(held, row, rows->arena);
    }
}

bool rows_load(struct pg_rows *rows, struct pg_connection *connection)
{
    size_t jobs = 0, payloads = 0;

    if (rows->wanted == 0 && rows->payloads == 0)
        return true;
    if (rows->wanted > 0)
        jobs = send(rows, connection, false);
    if (rows->payloads > 0)
        payloads = send(rows, connection, true);
    if (!pg_round(connection))
        return false;
    if (rows->wanted > 0)
        read_all(rows, pg_result(connection, jobs), read_job);
    if (rows->payloads > 0)
        read_all(rows, pg_result(connection, payloads), read_payload);
    for (struct pg_held *held = rows->first; held != NULL; held = held->next) {
        if (held->wants_payload && held->payload.ptr == NULL)
            held->payload = (struct span){"", 0};
        held->wanted = held->wants_payload = false;
    }
    rows->wanted = rows->payloads = 0;
    pg_clear(connection);
    return true;
}

static bool same_core(const struct job *a, const struct job *b)
{
    return a->status == b->status && a->started_on == b->started_on && a->ended_on == b->ended_on &&
           a->self_managed == b->self_managed && a->run_after == b->run_after &&
           a->priority == b->priority && a->attempt == b->attempt &&
           a->max_attempts == b->max_attempts;
}

static void store_core(const struct job *job, struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, job->position);
    param_number(&params, job->status);
    param_optional(&params, job->started_on, JOB_NO_TIME);
    param_optional(&params, job->ended_on, JOB_NO_TIME);
    param_bool(&params, job->self_managed);
    param_optional(&params, job->run_after, JOB_NO_TIME);
    param_number(&params, job->priority);
    param_number(&params, job->attempt);
    param_number(&params, job->max_attempts);
    pg_send(connection,
            "UPDATE job SET status = $2, started_on = $3, ended_on = $4, self_managed = $5, "
            "run_after = $6, priority = $7, attempt = $8, max_attempts = $9 WHERE position = $1",
            &params);
}

/* $1 to $6 */
static void add_change(struct pg_params *params, const struct job *job)
{
    param_number(params, job->position);
    param_number(params, job->change);
    param_uuid(params, &job->modified_by);
    param_number(params, job->modified_on);
    param_optional(params, job->progress, JOB_NO_PROGRESS);
    param_optional_text(params, job->message);
}

static void store_change(const struct job *job, struct pg_connection *connection)
{
    struct pg_params params = {0};

    add_change(&params, job);
    pg_send(connection,
            "UPDATE job_change SET change = $2, modified_by = $3, modified_on = $4, progress = $5, "
            "message = $6 WHERE position = $1",
            &params);
}

void pg_insert_change(const struct job *job, struct pg_connection *connection)
{
    struct pg_params params = {0};

    add_change(&params, job);
    pg_send(connection,
            "INSERT INTO job_change (position, change, modified_by, modified_on, progress, "
            "message) VALUES ($1, $2, $3, $4, $5, $6)",
            &params);
}

static bool same_lease(const struct lease *a, const struct lease *b)
{
    return a->fence == b->fence && a->lease_ms == b->lease_ms && a->held == b->held &&
           a->expires_at == b->expires_at && a->beat_on == b->beat_on &&
           a->progress_on == b->progress_on && uuid_eq(&a->account, &b->account) &&
           span_eq(a->worker, b->worker);
}

void pg_store_lease(int64_t position, const struct lease *lease, struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, position);
    param_number(&params, lease->fence);
    param_bool(&params, lease->held);
    param_text(&params, lease->worker);
    param_uuid(&params, &lease->account);
    param_number(&params, lease->lease_ms);
    param_number(&params, lease->expires_at);
    param_number(&params, lease->beat_on);
    param_number(&params, lease->progress_on);
    pg_send(connection,
            "INSERT INTO lease (position, fence, held, worker, account, lease_ms, expires_at, "
            "beat_on, progress_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
            "ON CONFLICT (position) DO UPDATE SET fence = $2, held = $3, worker = $4, "
            "account = $5, lease_ms = $6, expires_at = $7, beat_on = $8, progress_on = $9",
            &params);
}

void rows_store(struct pg_rows *rows, struct pg_connection *connection)
{
    for (const struct pg_held *held = rows->first; held != NULL; held = held->next) {
        if (!same_core(&held->job, &held->loaded_job))
            store_core(&held->job, connection);
        if (held->changed)
            store_change(&held->job, connection);
        if (!same_lease(&held->lease, &held->loaded_lease))
            pg_store_lease(held->position, &held->lease, connection);
    }
}
