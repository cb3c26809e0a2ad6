/* Claims: all of a batch look for waiting jobs at once, then each takes its best ones. */
#include "base/scope.h"
#include "store/postgres/row.h"
#include "store/postgres/write/batch.h"
#include "store/postgres/write/claim_request.h"

static bool wants(const struct store_claim *claim, struct span type)
{
    for (size_t i = 0; i < claim->claim->type_count; i++)
        if (span_eq(claim->claim->types[i], type))
            return true;
    return false;
}

/* Types that are looked for, each with how many jobs of it could be taken. */
struct wanted {
    struct span *types;
    int64_t *limits;
    size_t count;
};

static void want_type(struct wanted *wanted, struct span type, size_t max)
{
    size_t i = 0;

    while (i < wanted->count && !span_eq(wanted->types[i], type))
        i++;
    if (i == wanted->count) {
        wanted->types[i] = type;
        wanted->limits[i] = 0;
        wanted->count++;
    }
    wanted->limits[i] += (int64_t)max;
}

static size_t count_types(const struct pg_batch *batch)
{
    size_t count = 0;

    for (const struct pg_step *step = batch->first; step != NULL; step = step->next)
        if (pg_claim_of(step) != NULL)
            count += pg_claim_of(step)->claim->type_count;
    return count;
}

/* An update may take a waiting job from the claims behind it: one more is looked for then. */
static bool add_updated(struct pg_batch *batch, struct pg_params *params)
{
    int64_t *positions = ARENA_ARRAY(&batch->arena, int64_t, batch->calls.count);
    size_t count = 0;

    if (positions == NULL)
        return false;
    for (const struct pg_step *step = batch->first; step != NULL; step = step->next)
        if (step->call->operation == WRITE_UPDATE)
            count += uuid_position(&CONTAINER_OF(step->call, struct store_update, call)->id,
                                   &positions[count]);
    param_numbers(params, &batch->arena, positions, count);
    return true;
}

bool pg_claim_look_all(struct pg_batch *batch)
{
    size_t room = count_types(batch);
    struct wanted wanted = {ARENA_ARRAY(&batch->arena, struct span, room + 1),
                            ARENA_ARRAY(&batch->arena, int64_t, room + 1), 0};
    struct pg_params params = {0};

    if (wanted.types == NULL || wanted.limits == NULL)
        return false;
    if (room == 0)
        return true;
    for (const struct pg_step *step = batch->first; step != NULL; step = step->next) {
        if (pg_claim_of(step) == NULL)
            continue;
        const struct claim *claim = pg_claim_of(step)->claim;
        for (size_t i = 0; i < claim->type_count; i++)
            want_type(&wanted, claim->types[i], claim->max);
    }
    param_texts(&params, &batch->arena, wanted.types, wanted.count);
    param_numbers(&params, &batch->arena, wanted.limits, wanted.count);
    if (!add_updated(batch, &params))
        return false;
    batch->candidates = pg_send(
        batch->connection,
        "SELECT wanted.type, ready.priority, ready.position FROM unnest($1, $2) AS wanted "
        "(type, number) CROSS JOIN LATERAL (SELECT priority, position FROM job WHERE "
        "job.type = wanted.type COLLATE \"C\" AND status = 0 AND NOT self_managed AND run_after IS "
        "NULL ORDER BY priority DESC, position LIMIT wanted.number + (SELECT count(*) FILTER "
        "(WHERE status = 0 AND NOT self_managed AND run_after IS NULL) FROM job WHERE position = "
        "ANY($3))) AS ready",
        &params);
    return true;
}

/* The best of what a claim wants that nobody of the batch has taken; NULL: none. */
static struct pg_candidate *best_for(const struct pg_batch *batch, const struct store_claim *claim)
{
    struct pg_candidate *best = NULL;

    for (size_t i = 0; i < batch->waiting_count; i++) {
        struct pg_candidate *at = &batch->waiting[i];
        if (at->taken || at->position == claim->passed_over || !wants(claim, at->type))
            continue;
        if (best == NULL || at->priority > best->priority ||
            (at->priority == best->priority && at->position < best->position))
            best = at;
    }
    return best;
}

/* Wants the rows of the jobs that will be taken, unless something comes in between. */
static bool foresee(struct pg_batch *batch)
{
    bool good = true;

    for (const struct pg_step *step = batch->first; step != NULL; step = step->next) {
        struct pg_candidate *best;
        if (pg_claim_of(step) == NULL)
            continue;
        for (size_t i = 0; i < pg_claim_of(step)->claim->max && good; i++) {
            best = best_for(batch, pg_claim_of(step));
            if (best == NULL)
                break;
            best->taken = true;
            good = rows_want_payload(&batch->rows, best->position) != NULL;
        }
    }
    for (size_t i = 0; i < batch->waiting_count; i++)
        batch->waiting[i].taken = false;
    return good;
}

bool pg_claim_load_all(struct pg_batch *batch)
{
    const PGresult *result;

    if (batch->claims == 0)
        return true;
    result = pg_result(batch->connection, batch->candidates);
    batch->waiting = ARENA_ARRAY(&batch->arena, struct pg_candidate, pg_rows(result) + 1);
    if (batch->waiting == NULL)
        return false;
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        struct pg_candidate *candidate = &batch->waiting[batch->waiting_count++];
        *candidate = (struct pg_candidate){.type = row_text(row, 0, &batch->arena),
                                           .priority = row_number(row, 1, 0),
                                           .position = row_number(row, 2, 0)};
        if (candidate->type.ptr == NULL)
            return false;
    }
    return foresee(batch);
}

/* What was sent so far goes with it, and was something. */
static bool load_now(struct pg_batch *batch, int64_t position)
{
    const struct pg_held *held = rows_at(&batch->rows, position);

    if (held != NULL && held->payload.ptr != NULL)
        return true;
    batch->wrote = batch->wrote || batch->connection->statements > 0;
    return rows_want_payload(&batch->rows, position) && rows_load(&batch->rows, batch->connection);
}

static bool grant(struct pg_batch *batch, struct store_claim *claim, struct pg_held *held)
{
    struct store_call *call = &claim->call;
    struct job job = held->job;
    struct lease lease = held->lease;
    struct hold hold = {&job, &lease, batch->now};

    call->problem = hold_claim(&hold, &claim->claim->by, &call->err);
    return call->problem == PROBLEM_NONE && pg_batch_keep(batch, held, &hold, true, call);
}

/* Where the caller's memory is short, fewer jobs are better than none for ever. */
static bool take(struct pg_batch *batch, struct store_claim *claim)
{
    struct store_call *call = &claim->call;
    struct pg_candidate *best;
    struct pg_held *held = NULL;
    bool room = true;

    while (room && claim->count < claim->claim->max && (best = best_for(batch, claim)) != NULL) {
        if (!load_now(batch, best->position))
            return false;
        best->taken = true;
        if (pg_batch_row(batch, best->position, &held, &call->err) != PROBLEM_NONE ||
            !job_is_ready(&held->job))
            continue; /* a call before this one made something else of it */
        room = best->taken = pg_grant_room(claim, held);
        if (room && !grant(batch, claim, held))
            return false;
        if (room)
            pg_grant_fill(claim, held, batch->now);
    }
    call->problem = room || claim->count > 0 ? PROBLEM_NONE : problem_no_memory(&call->err);
    return true;
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    struct store_claim *claim = pg_claim_of(step);
    bool known = false;

    claim->count = 0;
    if (claim->grants == NULL)
        claim->grants = ARENA_ARRAY(claim->arena, struct grant, claim->claim->max);
    if (claim->grants == NULL) {
        claim->call.problem = problem_no_memory(&claim->call.err);
        return true;
    }
    claim->call.problem = pg_claim_again(batch, step, &known);
    if (claim->call.problem != PROBLEM_NONE || known)
        return true;
    return take(batch, claim) && pg_claim_request_keep(batch, step);
}

const struct pg_operation pg_claim_operation = {
    .look = pg_claim_request_look, .load = pg_claim_request_load, .run = run};
