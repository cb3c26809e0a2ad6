/* Updating a job and its lease: the mutator changes the loaded row. */
#include "base/scope.h"
#include "store/postgres/write/batch.h"

static struct store_update *update_of(const struct pg_step *step)
{
    return CONTAINER_OF(step->call, struct store_update, call);
}

static void look(struct pg_batch *batch, struct pg_step *step)
{
    if (update_of(step)->then != NULL)
        pg_claim_operation.look(batch, step);
}

/* The position lies in the id. */
static bool load(struct pg_batch *batch, struct pg_step *step)
{
    int64_t position;

    return (!uuid_position(&update_of(step)->id, &position) ||
            rows_want(&batch->rows, position) != NULL) &&
           (update_of(step)->then == NULL || pg_claim_operation.load(batch, step));
}

static bool copy(struct arena *arena, struct span *text)
{
    *text = text->len > 0 ? arena_span(arena, *text) : (struct span){"", 0};
    return text->ptr != NULL;
}

/* What the caller is given lives in its own memory. */
static enum problem hand_out(struct store_update *update, const struct pg_held *held)
{
    update->job = held->job;
    update->lease = held->lease;
    if (copy(update->arena, &update->job.name) && copy(update->arena, &update->job.type) &&
        copy(update->arena, &update->job.message) && copy(update->arena, &update->lease.worker))
        return PROBLEM_NONE;
    return problem_no_memory(&update->call.err);
}

/* What the mutator left of a job that it did not change does not count; nor anything of a refusal.
 */
static bool mutate(struct pg_batch *batch, struct store_update *update, struct pg_held *held)
{
    struct store_call *call = &update->call;
    struct hold hold = {&update->job, &update->lease, update->now};
    bool changed = false;

    call->problem = update->mutate(update->context, &hold, &changed, &call->err);
    if (call->problem != PROBLEM_NONE || !changed)
        update->job = held->job;
    if (call->problem != PROBLEM_NONE)
        update->lease = held->lease;
    else if (!pg_batch_keep(batch, held, &hold, changed, call))
        return false;
    return true;
}

/* One that fails by itself has changed nothing, and leaves the update as it is. */
static bool claim_then(struct pg_batch *batch, struct pg_step *step)
{
    struct store_update *update = update_of(step);

    if (update->then == NULL || pg_claim_operation.run(batch, step))
        return true;
    update->call.problem = update->then->call.problem;
    update->call.err = update->then->call.err;
    return false;
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    struct store_update *update = update_of(step);
    struct store_call *call = &update->call;
    enum problem refused;
    struct pg_held *held = NULL;

    call->problem = pg_batch_row_of(batch, &update->id, &held, &call->err);
    if (call->problem != PROBLEM_NONE)
        return true;
    update->now = batch->now;
    call->problem = hand_out(update, held);
    if (call->problem != PROBLEM_NONE)
        return true;
    if (!mutate(batch, update, held))
        return false;
    /* Once more, since the mutator's texts need not last; a change number may be new. */
    refused = call->problem;
    call->problem = hand_out(update, held);
    if (refused != PROBLEM_NONE)
        call->problem = refused;
    return call->problem != PROBLEM_NONE || claim_then(batch, step);
}

const struct pg_operation pg_update_operation = {.look = look, .load = load, .run = run};
