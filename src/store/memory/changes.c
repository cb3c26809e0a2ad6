/* Changes in memory: those behind a number are gathered, sorted by theirs, and cut at the limit. */
#include "store/memory/state.h"

#include "base/mem.h"

#include <stdlib.h>

static int change_compare(const void *a, const void *b)
{
    const struct memory_job *const *left = a, *const *right = b;
    int64_t x = (*left)->job.change, y = (*right)->job.change;

    return (x > y) - (x < y);
}

static size_t gather(const struct memory *memory, int64_t after, const struct memory_job **ret_kept)
{
    size_t count = 0;

    for (size_t i = 0; i < memory->job_count; i++) {
        if (memory->jobs[i].job.change > after)
            ret_kept[count++] = &memory->jobs[i];
    }
    qsort(ret_kept, count, sizeof(const struct memory_job *), change_compare);
    return count;
}

static bool copy(struct store_changes *changes, const struct memory_job *const *kept, size_t count)
{
    changes->jobs = ARENA_ARRAY(changes->arena, struct job, count + 1);
    if (changes->jobs == NULL)
        return false;
    for (changes->count = 0; changes->count < count; changes->count++) {
        if (!memory_job_copy(changes->arena, &kept[changes->count]->job,
                             &changes->jobs[changes->count]))
            return false;
    }
    return true;
}

static enum problem changes_locked(const struct memory *memory, struct store_changes *changes)
{
    const struct memory_job **kept = mem_alloc(memory->job_count + 1, sizeof(*kept));
    size_t count;
    bool copied;

    if (kept == NULL)
        return memory_none(&changes->call);
    count = gather(memory, changes->after, kept);
    copied = copy(changes, kept, count < changes->limit ? count : changes->limit);
    mem_free(kept);
    changes->last = memory->change;
    return copied ? PROBLEM_NONE : memory_none(&changes->call);
}

void memory_changes(struct store *store, struct store_changes *changes)
{
    struct memory *memory = memory_enter(store, &changes->call);

    memory_leave(memory, &changes->call, changes_locked(memory, changes));
}
