/* Updating in memory: the mutator decides under the lock. */
#include "store/memory/state.h"

/* The outcome in the caller's arena: the job and the lease as kept, or what the mutator made. */
static bool outcome(struct store_update *update, const struct job *job, const struct lease *lease)
{
    update->lease = *lease;
    update->lease.worker = arena_span(update->arena, lease->worker);
    return memory_job_copy(update->arena, job, &update->job) && update->lease.worker.ptr != NULL;
}

static enum problem apply(struct memory *memory, struct store_update *update,
                          struct memory_job *kept, struct news *news)
{
    struct job job = update->job;
    struct lease lease = update->lease;
    struct hold hold = {&job, &lease, update->now};
    bool changed = false;
    enum problem problem = update->mutate(update->context, &hold, &changed, &update->call.err);

    if (problem != PROBLEM_NONE)
        return problem;
    if (!outcome(update, changed ? &job : &update->job, &lease) ||
        !memory_job_replace(memory, kept, &(struct hold){&update->job, &lease, update->now},
                            changed, news))
        return memory_none(&update->call);
    return PROBLEM_NONE;
}

static enum problem update_locked(struct memory *memory, struct store_update *update,
                                  struct news *news)
{
    struct memory_job *kept = memory_job_of(memory, &update->id);

    if (kept == NULL)
        return PROBLEM_JOB_NOT_FOUND;
    update->now = lease_clock_now(&memory->lease_clock);
    if (!outcome(update, &kept->job, &kept->lease))
        return memory_none(&update->call);
    return apply(memory, update, kept, news);
}

static enum problem update_and_claim_locked(struct memory *memory, struct store_update *update,
                                            struct news *news)
{
    enum problem problem = update_locked(memory, update, news);

    if (problem == PROBLEM_NONE && update->then != NULL)
        update->then->call.problem = memory_claim_locked(memory, update->then, news);
    return problem;
}

void memory_update(struct store *store, struct store_update *update)
{
    struct memory *memory = memory_enter(store, &update->call);
    struct news news;

    news_init(&news);
    memory_leave_telling(memory, &update->call, update_and_claim_locked(memory, update, &news),
                         &news);
}
