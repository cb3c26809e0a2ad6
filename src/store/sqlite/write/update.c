/* Updating a job and its lease: loads them, lets the mutator change them, writes what differs. */
#include "store/sqlite/write/write.h"

/* A text of the mutator's may live shorter than the outcome, which the caller reads later. */
static bool keep_text(struct arena *arena, struct span *text)
{
    *text = text->len > 0 ? arena_span(arena, *text) : (struct span){"", 0};
    return text->ptr != NULL;
}

static enum problem keep_texts(struct store_update *update, const struct write_loaded *before)
{
    bool kept = update->job.message.ptr == before->job.message.ptr ||
                keep_text(update->arena, &update->job.message);

    if (kept && update->lease.worker.ptr != before->lease.worker.ptr)
        kept = keep_text(update->arena, &update->lease.worker);
    return kept ? PROBLEM_NONE : problem_no_memory(&update->call.err);
}

static enum problem mutate(struct store_update *update, const struct write_loaded *before,
                           bool *ret_changed)
{
    struct hold hold = {&update->job, &update->lease, update->now};
    enum problem problem = update->mutate(update->context, &hold, ret_changed, &update->call.err);

    if (problem == PROBLEM_NONE)
        problem = keep_texts(update, before);
    if (problem == PROBLEM_NONE && *ret_changed)
        return PROBLEM_NONE;
    /* Unchanged, whatever was written into it. */
    update->job = before->job;
    if (problem != PROBLEM_NONE)
        update->lease = before->lease;
    return problem;
}

/* One that fails by itself has written nothing, and leaves the update as it is. */
static bool claim_then(struct writer *writer, struct store_update *update)
{
    if (update->then == NULL || write_claim(writer, update->then))
        return true;
    update->call.problem = update->then->call.problem;
    update->call.err = update->then->call.err;
    return false;
}

/* A row that cannot be read is this call's trouble, a disk that cannot be read everybody's. */
bool write_update(struct writer *writer, struct store_update *update)
{
    struct store_call *call = &update->call;
    struct hold after = {&update->job, &update->lease, write_moment(writer)};
    struct write_loaded before;
    bool changed = false;

    call->problem = write_load(writer, &update->id, update->arena, &before, &call->err);
    if (call->problem != PROBLEM_NONE)
        return call->problem != PROBLEM_STORE_UNAVAILABLE;
    update->job = before.job;
    update->lease = before.lease;
    update->now = after.now;
    call->problem = mutate(update, &before, &changed);
    if (call->problem != PROBLEM_NONE)
        return true;
    return write_hold(writer, &before, &after, changed, call) && claim_then(writer, update);
}
