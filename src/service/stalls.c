/* The stalls: asked for by windows of time, one behind the other, and kept until others come. */
#include "service/stalls.h"

#include <string.h>

/* How many are asked for at once. */
#define ASK_MAX 256

/* The kept ones from `index` on move up. */
static void drop(struct stalls *stalls, size_t index)
{
    struct stall *at = &stalls->kept[index];
    feed_entry_free(at->entry);
    memmove(at, at + 1, (--stalls->count - index) * sizeof(*at));
}

void stalls_release(struct stalls *stalls)
{
    while (stalls->count > 0)
        drop(stalls, stalls->count - 1);
}

void stalls_begin(struct stalls *stalls, int64_t until)
{
    stalls_release(stalls);
    stalls->after = (struct lease_place){until, INT64_MAX};
}

struct store_stalled stalls_question(const struct stalls *stalls, int64_t until,
                                     struct arena *arena)
{
    return (struct store_stalled){
        .after = stalls->after, .until = until, .limit = ASK_MAX, .arena = arena};
}

/* One without memory is not told: it is in the summary all the same. */
static void keep(struct stalls *stalls, const struct held_job *held)
{
    struct feed_entry *entry = feed_entry_new(&held->job);
    if (entry == NULL)
        return;
    if (stalls->count == STALLS_MAX)
        drop(stalls, 0);
    stalls->kept[stalls->count++] =
        (struct stall){++stalls->last, entry, held->lease.progress_on, held->lease.beat_on};
}

/* A wall clock that was set back asks for nothing until it is where it was. */
void stalls_take(struct stalls *stalls, const struct store_stalled *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        keep(stalls, &answer->jobs[i]);
    if (answer->count == answer->limit) {
        const struct held_job *last = &answer->jobs[answer->count - 1];
        stalls->after = (struct lease_place){last->lease.progress_on, last->job.position};
    } else if (answer->until > stalls->after.progress_on) {
        stalls->after = (struct lease_place){answer->until, INT64_MAX};
    }
}

void stalls_forget(struct stalls *stalls, const struct job *job)
{
    for (size_t i = stalls->count; i-- > 0;)
        if (stalls->kept[i].entry->job.position == job->position &&
            stalls->kept[i].entry->job.change < job->change)
            drop(stalls, i);
}

const struct stall *stalls_next(const struct stalls *stalls, int64_t told)
{
    for (size_t i = 0; i < stalls->count; i++)
        if (stalls->kept[i].number > told)
            return &stalls->kept[i];
    return NULL;
}
