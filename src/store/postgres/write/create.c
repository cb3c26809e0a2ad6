/* Creating jobs: positions, change numbers, rows, and keys under which a create comes again. */
#include "base/scope.h"
#include "store/name_key.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"
#include "store/postgres/write/batch.h"

#include <string.h>

#define KEY_LIFE_MS (INT64_C(24) * 60 * 60 * 1000)

static struct store_create *create_of(const struct pg_step *step)
{
    return CONTAINER_OF(step->call, struct store_create, call);
}

/*
 * Looks up the key with the ids of its jobs, in one row: ids hold random bits, so they come from
 * the jobs' rows; what else a job was at first, from the draft.
 */
static void look(struct pg_batch *batch, struct pg_step *step)
{
    const struct store_create *create = create_of(step);
    struct pg_params params = {0};

    if (create->key.len == 0)
        return;
    param_uuid(&params, &create->key_account);
    param_text(&params, create->key);
    param_bytes(&params,
                (struct span){(const char *)create->key_digest, sizeof(create->key_digest)});
    param_number(&params, clock_wall_ms(batch->writer->store->store.clock) - KEY_LIFE_MS);
    step->look = pg_send(
        batch->connection,
        "SELECT k.position, k.change, k.count, k.digest = $3, (SELECT string_agg(uuid_send(id), "
        "''::bytea ORDER BY job.position) FROM job WHERE job.position >= k.position AND "
        "job.position < k.position + k.count) FROM idempotency k "
        "WHERE k.account = $1 AND k.key = $2 AND k.created_on > $4",
        &params);
}

static bool load(struct pg_batch *batch, struct pg_step *step)
{
    const PGresult *result;
    struct span ids;

    if (create_of(step)->key.len == 0)
        return true;
    result = pg_result(batch->connection, step->look);
    if (pg_rows(result) == 0)
        return true;
    step->key.known = true;
    step->key.position = row_number(pg_first(result), 0, 0);
    step->key.change = row_number(pg_first(result), 1, 0);
    step->key.count = (size_t)row_number(pg_first(result), 2, 0);
    step->key.same_digest = row_number(pg_first(result), 3, 0) != 0;
    ids = row_text(pg_first(result), 4, &batch->arena);
    step->key.ids = (const struct uuid *)ids.ptr;
    return ids.ptr != NULL && ids.len == step->key.count * sizeof(struct uuid);
}

/* An earlier create of the same batch under the same key is as good as one that is stored. */
static void look_in_batch(const struct pg_batch *batch, struct pg_step *step)
{
    const struct store_create *create = create_of(step);

    for (const struct pg_step *at = batch->first; at != step && !step->key.known; at = at->next) {
        const struct store_create *other = create_of(at);
        if (at->call->operation != WRITE_CREATE || at->call->problem != PROBLEM_NONE ||
            !span_eq(other->key, create->key) ||
            !uuid_eq(&other->key_account, &create->key_account))
            continue;
        step->key = at->key;
        step->key.known = true;
        step->key.same_digest =
            memcmp(other->key_digest, create->key_digest, sizeof(create->key_digest)) == 0;
    }
}

static enum problem replay(struct store_create *create, const struct pg_step *step)
{
    if (!step->key.same_digest || step->key.count != create->count)
        return PROBLEM_IDEMPOTENCY_KEY_REUSED;
    create->replayed = true;
    for (size_t i = 0; i < create->count; i++)
        create->jobs[i] = draft_job(&create->drafts[i], step->key.position + (int64_t)i,
                                    &step->key.ids[i], step->key.change + (int64_t)i);
    return PROBLEM_NONE;
}

/* Behind the last one, also when the clock stands still or was set back. */
static int64_t first_position(const struct pg_batch *batch)
{
    int64_t by_clock = position_at(batch->now.wall);

    return by_clock > batch->position ? by_clock : batch->position + 1;
}

static void insert_job(struct pg_connection *connection, const struct job *job,
                       const struct draft *draft)
{
    struct pg_params params = {0};

    param_number(&params, job->position);
    param_uuid(&params, &job->id);
    param_number(&params, job->status);
    param_bool(&params, job->self_managed);
    param_number(&params, job->priority);
    param_number(&params, job->attempt);
    param_number(&params, job->max_attempts);
    param_optional(&params, job->started_on, JOB_NO_TIME);
    param_optional(&params, job->run_after, JOB_NO_TIME);
    param_uuid(&params, &job->user);
    param_uuid(&params, &job->created_by);
    param_text(&params, job->type);
    param_text(&params, job->name);
    param_text(&params, draft->name_folded);
    pg_send(connection,
            "INSERT INTO job (position, id, status, self_managed, priority, attempt, max_attempts, "
            "started_on, run_after, person, created_by, type, name, name_folded) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            &params);
}

static void insert_name(struct pg_connection *connection, const struct job *job,
                        const struct draft *draft)
{
    struct pg_params params = {0};

    param_number(&params, job->position);
    param_uuid(&params, &job->user);
    param_text(&params, job->type);
    param_text(&params, name_key(draft->name_folded));
    pg_send(connection,
            "INSERT INTO job_name (position, person, type, name_key) VALUES ($1, $2, $3, $4)",
            &params);
}

static void insert_payload(struct pg_connection *connection, int64_t position, struct span payload)
{
    struct pg_params params = {0};

    if (payload.len == 0)
        return;
    param_number(&params, position);
    param_text(&params, payload);
    pg_send(connection, "INSERT INTO payload (position, json) VALUES ($1, $2)", &params);
}

/* Whoever creates a job may hold it from the start. False without memory. */
static bool insert(struct pg_batch *batch, const struct draft *draft, struct job *job,
                   struct uuid *ret_id)
{
    struct lease lease = draft_lease(draft, batch->now);

    *ret_id = uuid_at(++batch->position);
    *job = draft_job(draft, batch->position, ret_id, ++batch->change);
    insert_job(batch->connection, job, draft);
    insert_name(batch->connection, job, draft);
    pg_insert_change(job, batch->connection);
    insert_payload(batch->connection, job->position, draft->payload);
    if (lease.fence != 0)
        pg_store_lease(job->position, &lease, batch->connection);
    return news_of_change(&batch->writer->news, job->position, job->change) &&
           news_of_job(&batch->writer->news, NULL, &(struct hold){job, &lease, batch->now});
}

/* Two a key that comes: so the table shrinks back after a busy day, and no timer is needed. */
static void forget_some(struct pg_batch *batch)
{
    struct pg_params params = {0};

    param_number(&params, batch->now.wall - KEY_LIFE_MS);
    pg_send(batch->connection,
            "DELETE FROM idempotency WHERE (account, key) IN (SELECT account, key "
            "FROM idempotency WHERE created_on <= $1 ORDER BY created_on LIMIT 2)",
            &params);
}

static void store_key(struct pg_batch *batch, const struct store_create *create,
                      const struct pg_step *step)
{
    struct pg_params params = {0};

    param_uuid(&params, &create->key_account);
    param_text(&params, create->key);
    param_bytes(&params,
                (struct span){(const char *)create->key_digest, sizeof(create->key_digest)});
    param_number(&params, step->key.position);
    param_number(&params, step->key.change);
    param_number(&params, (int64_t)step->key.count);
    param_number(&params, batch->now.wall);
    /* One that has had its day may still be there under the same name. */
    pg_send(batch->connection,
            "INSERT INTO idempotency (account, key, digest, position, change, count, created_on) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, key) DO UPDATE SET "
            "digest = $3, position = $4, change = $5, count = $6, created_on = $7",
            &params);
    forget_some(batch);
}

static bool create_all(struct pg_batch *batch, struct store_create *create, struct pg_step *step)
{
    struct uuid *ids = ARENA_ARRAY(&batch->arena, struct uuid, create->count);

    if (ids == NULL) {
        create->call.problem = problem_no_memory(&create->call.err);
        return false;
    }
    batch->position = first_position(batch) - 1;
    step->key.position = batch->position + 1;
    step->key.change = batch->change + 1;
    step->key.count = create->count;
    step->key.ids = ids;
    for (size_t i = 0; i < create->count; i++) {
        if (!insert(batch, &create->drafts[i], &create->jobs[i], &ids[i])) {
            create->call.problem = problem_no_memory(&create->call.err);
            return false;
        }
    }
    create->call.problem = PROBLEM_NONE;
    batch->writer->created += create->count;
    if (create->key.len > 0)
        store_key(batch, create, step);
    return true;
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    struct store_create *create = create_of(step);

    create->replayed = false;
    create->jobs = ARENA_ARRAY(create->arena, struct job, create->count);
    if (create->jobs == NULL) {
        create->call.problem = problem_no_memory(&create->call.err);
        return true;
    }
    if (create->key.len > 0)
        look_in_batch(batch, step);
    if (!step->key.known)
        return create_all(batch, create, step);
    create->call.problem = replay(create, step);
    return true;
}

const struct pg_operation pg_create_operation = {.look = look, .load = load, .run = run};
