/* The statistics in memory: counted from the jobs themselves, which are all there still. */
#include "store/memory/state.h"

#include "base/mem.h"

#include <stdlib.h>

/* All that ended in the window, by type. */
struct tally {
    struct span type;
    int64_t total;
};

static bool counts(const struct statistics_window *window, const struct job *job,
                   struct ended *ret_ended)
{
    *ret_ended = (struct ended){0};
    return ended_count(ret_ended, job) && job->ended_on >= window->from &&
           job->ended_on < window->to;
}

static void tally_add(struct tally *tallies, size_t *count, struct span type)
{
    size_t i = 0;

    while (i < *count && !span_eq(tallies[i].type, type))
        i++;
    if (i == *count)
        tallies[(*count)++] = (struct tally){.type = type};
    tallies[i].total++;
}

static int tally_compare(const void *a, const void *b)
{
    const struct tally *left = a, *right = b;
    size_t common = left->type.len < right->type.len ? left->type.len : right->type.len;
    int order = memcmp(left->type.ptr, right->type.ptr, common);

    if (left->total != right->total)
        return left->total > right->total ? -1 : 1;
    return order != 0 ? order
                      : (left->type.len > right->type.len) - (left->type.len < right->type.len);
}

/* The series of the busiest types; false without memory. */
static bool series_begin(const struct memory *memory, struct store_statistics *operation)
{
    struct statistics *statistics = &operation->statistics;
    struct tally *tallies = mem_alloc(memory->job_count + 1, sizeof(*tallies));
    struct ended ended;
    size_t count = 0;
    bool named = tallies != NULL;

    for (size_t i = 0; named && i < memory->job_count; i++) {
        if (counts(&statistics->window, &memory->jobs[i].job, &ended))
            tally_add(tallies, &count, memory->jobs[i].job.type);
    }
    if (named)
        qsort(tallies, count, sizeof(*tallies), tally_compare);
    while (named && statistics->count < count && statistics->count < STATISTICS_TYPES_MAX) {
        struct span *type = &statistics->series[statistics->count].type;
        *type = arena_span(operation->arena, tallies[statistics->count++].type);
        named = type->ptr != NULL;
    }
    mem_free(tallies);
    return named;
}

static enum problem statistics_locked(const struct memory *memory,
                                      struct store_statistics *operation)
{
    struct statistics *statistics = &operation->statistics;
    struct ended ended;

    statistics->count = 0;
    statistics->series =
        ARENA_ARRAY(operation->arena, struct statistics_series, STATISTICS_TYPES_MAX + 1);
    if (statistics->series == NULL || !series_begin(memory, operation))
        return memory_none(&operation->call);
    for (size_t i = 0; i < memory->job_count; i++) {
        const struct job *job = &memory->jobs[i].job;
        if (counts(&statistics->window, job, &ended))
            ended_add(statistics_step(statistics, statistics_series(statistics, job->type),
                                      job->ended_on),
                      &ended);
    }
    return PROBLEM_NONE;
}

void memory_statistics(struct store *store, struct store_statistics *operation)
{
    struct memory *memory = memory_enter(store, &operation->call);

    memory_leave(memory, &operation->call, statistics_locked(memory, operation));
}
