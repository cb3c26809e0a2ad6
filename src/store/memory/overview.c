/* The overview in memory: all jobs are looked at. */
#include "store/memory/state.h"

#include "base/mem.h"

#include <stdlib.h>

void memory_summary(struct store *store, struct store_summary *operation)
{
    struct memory *memory = memory_enter(store, &operation->call);
    struct summary *summary = &operation->summary;

    *summary = (struct summary){0};
    for (size_t i = 0; i < memory->job_count; i++) {
        const struct memory_job *kept = &memory->jobs[i];
        summary->states[status_state(kept->job.status)]++;
        summary->stalled += kept->lease.held && kept->lease.progress_on <= operation->stalled_until;
    }
    memory_leave(memory, &operation->call, PROBLEM_NONE);
}

static int place_compare(int64_t progress_on, int64_t position, const struct lease_place *place)
{
    if (progress_on != place->progress_on)
        return progress_on < place->progress_on ? -1 : 1;
    return (position > place->position) - (position < place->position);
}

static int job_compare(const void *a, const void *b)
{
    const struct memory_job *const *left = a, *const *right = b;
    struct lease_place place = {(*right)->lease.progress_on, (*right)->job.position};

    return place_compare((*left)->lease.progress_on, (*left)->job.position, &place);
}

/* Those in the window, in order. Returns how many. */
static size_t find_stalled(const struct memory *memory, const struct store_stalled *stalled,
                           const struct memory_job **ret_found)
{
    size_t count = 0;

    for (size_t i = 0; i < memory->job_count; i++) {
        const struct memory_job *kept = &memory->jobs[i];
        if (kept->lease.held && kept->lease.progress_on <= stalled->until &&
            place_compare(kept->lease.progress_on, kept->job.position, &stalled->after) > 0)
            ret_found[count++] = kept;
    }
    qsort(ret_found, count, sizeof(*ret_found), job_compare);
    return count;
}

static enum problem stalled_locked(const struct memory *memory, struct store_stalled *stalled)
{
    const struct memory_job **found = mem_alloc(memory->job_count + 1, sizeof(*found));
    bool copied = true;
    size_t count;

    stalled->jobs = ARENA_ARRAY(stalled->arena, struct held_job, stalled->limit);
    if (found == NULL || stalled->jobs == NULL) {
        mem_free(found);
        return memory_none(&stalled->call);
    }
    count = find_stalled(memory, stalled, found);
    stalled->count = count < stalled->limit ? count : stalled->limit;
    for (size_t i = 0; copied && i < stalled->count; i++)
        copied = memory_held_copy(stalled->arena, found[i], &stalled->jobs[i].job,
                                  &stalled->jobs[i].lease);
    mem_free(found);
    return copied ? PROBLEM_NONE : memory_none(&stalled->call);
}

void memory_stalled(struct store *store, struct store_stalled *stalled)
{
    struct memory *memory = memory_enter(store, &stalled->call);

    memory_leave(memory, &stalled->call, stalled_locked(memory, stalled));
}
