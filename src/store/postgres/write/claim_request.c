/* Request ids of claims: what was granted handed out again, and forgetting it after a while. */
#include "store/postgres/write/claim_request.h"

#include "store/postgres/row.h"

#define REQUEST_LIFE_MS (INT64_C(10) * 60 * 1000)

void pg_claim_request_look(struct pg_batch *batch, struct pg_step *step)
{
    const struct store_claim *claim = pg_claim_of(step);
    struct pg_params params = {0};

    if (claim->claim->request_id.len == 0)
        return;
    param_uuid(&params, &claim->claim->by.account);
    param_text(&params, claim->claim->request_id);
    step->look = pg_send(batch->connection,
                         "SELECT position, fence, granted_at FROM claim_request WHERE account = $1 "
                         "AND request = $2 ORDER BY position LIMIT 100",
                         &params);
}

/* Those that had their time are no longer known. */
bool pg_claim_request_load(struct pg_batch *batch, struct pg_step *step)
{
    const PGresult *result;
    bool good = true;

    if (pg_claim_of(step)->claim->request_id.len == 0)
        return true;
    result = pg_result(batch->connection, step->look);
    step->request.granted = ARENA_ARRAY(&batch->arena, struct pg_granted, CLAIM_JOBS_MAX);
    if (step->request.granted == NULL)
        return false;
    for (size_t i = 0; i < pg_rows(result) && good; i++) {
        struct pg_row row = {result, (int)i};
        struct pg_granted granted = {row_number(row, 0, 0), row_number(row, 1, 0)};
        if (row_number(row, 2, 0) <= batch->now.lease - REQUEST_LIFE_MS)
            continue;
        step->request.granted[step->request.count++] = granted;
        good = rows_want_payload(&batch->rows, granted.position) != NULL;
    }
    return good;
}

static bool copy(struct arena *arena, struct span text, struct span *ret_copy)
{
    *ret_copy = text.len > 0 ? arena_span(arena, text) : (struct span){"", 0};
    return ret_copy->ptr != NULL;
}

bool pg_grant_room(struct store_claim *claim, const struct pg_held *held)
{
    struct grant *grant = &claim->grants[claim->count];

    return copy(claim->arena, held->payload, &grant->payload) &&
           copy(claim->arena, held->job.name, &grant->job.name) &&
           copy(claim->arena, held->job.type, &grant->job.type) &&
           copy(claim->arena, held->job.message, &grant->job.message);
}

void pg_grant_fill(struct store_claim *claim, const struct pg_held *held, struct moment now)
{
    struct grant *grant = &claim->grants[claim->count++];
    struct job texts = grant->job;
    bool said = held->job.message.len > 0;

    grant->job = held->job;
    grant->job.name = texts.name;
    grant->job.type = texts.type;
    grant->job.message = said ? texts.message : (struct span){"", 0};
    grant->fence = held->lease.fence;
    grant->expires_on = lease_expires_on(&held->lease, now);
}

/* A claim of the same batch that came before is as good as one that is stored. */
static void look_in_batch(const struct pg_batch *batch, struct pg_step *step)
{
    const struct store_claim *claim = pg_claim_of(step);

    for (const struct pg_step *at = batch->first; at != step; at = at->next) {
        if (pg_claim_of(at) == NULL)
            continue;
        const struct claim *other = pg_claim_of(at)->claim;
        if (span_eq(other->request_id, claim->claim->request_id) &&
            uuid_eq(&other->by.account, &claim->claim->by.account) && at->request.count > 0)
            step->request = at->request;
    }
}

enum problem pg_claim_again(struct pg_batch *batch, struct pg_step *step, bool *ret_known)
{
    struct store_claim *claim = pg_claim_of(step);
    struct pg_held *held = NULL;

    if (claim->claim->request_id.len == 0)
        return PROBLEM_NONE;
    look_in_batch(batch, step);
    *ret_known = step->request.count > 0;
    if (step->request.count > claim->claim->max) /* the second time asks for less than the first */
        claim->grants = ARENA_ARRAY(claim->arena, struct grant, step->request.count);
    if (claim->grants == NULL)
        return problem_no_memory(&claim->call.err);
    for (size_t i = 0; i < step->request.count; i++) {
        const struct pg_granted *granted = &step->request.granted[i];
        enum problem problem = pg_batch_row(batch, granted->position, &held, &claim->call.err);
        if (problem != PROBLEM_NONE)
            return problem;
        if (!held->lease.held || held->lease.fence != granted->fence)
            continue;
        if (!pg_grant_room(claim, held))
            return problem_no_memory(&claim->call.err);
        pg_grant_fill(claim, held, batch->now);
    }
    return PROBLEM_NONE;
}

/*
 * Twice as many as come: so the table shrinks back after a busy day, no claim pays for more than
 * that, and no timer is needed.
 */
static void forget_some(struct pg_batch *batch, size_t count)
{
    struct pg_params params = {0};

    param_number(&params, batch->now.lease - REQUEST_LIFE_MS);
    param_number(&params, 2 * (int64_t)count);
    pg_send(batch->connection,
            "DELETE FROM claim_request WHERE (account, request, position) IN (SELECT account, "
            "request, position FROM claim_request WHERE granted_at <= $1 ORDER BY granted_at "
            "LIMIT $2)",
            &params);
}

static void store(struct pg_batch *batch, const struct store_claim *claim,
                  const struct pg_granted *granted)
{
    struct pg_params params = {0};

    param_uuid(&params, &claim->claim->by.account);
    param_text(&params, claim->claim->request_id);
    param_number(&params, granted->position);
    param_number(&params, granted->fence);
    param_number(&params, batch->now.lease);
    /* One that has had its time may still be there under the same name. */
    pg_send(batch->connection,
            "INSERT INTO claim_request (account, request, position, fence, granted_at) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, request, position) "
            "DO UPDATE SET fence = $4, granted_at = $5",
            &params);
}

bool pg_claim_request_keep(struct pg_batch *batch, struct pg_step *step)
{
    struct store_claim *claim = pg_claim_of(step);

    if (claim->claim->request_id.len == 0 || claim->count == 0)
        return true;
    for (size_t i = 0; i < claim->count; i++) {
        struct pg_granted *granted = &step->request.granted[i];
        *granted = (struct pg_granted){claim->grants[i].job.position, claim->grants[i].fence};
        store(batch, claim, granted);
    }
    step->request.count = claim->count;
    forget_some(batch, claim->count);
    return true;
}
