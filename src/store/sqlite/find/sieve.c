/* The sieve: positions put in order for the name filter, and found again. */
#include "store/sqlite/find/sieve.h"

#include <stdlib.h>

/* Fewer are not worth it. */
#define POSITIONS_MIN 48

bool sieve_clear(struct search *search, struct sieve *sieve, size_t count)
{
    sieve->count = 0;
    if (sieve->room >= count)
        return true;
    sieve->positions = ARENA_ARRAY(&search->scratch, int64_t, count);
    sieve->room = sieve->positions != NULL ? count : 0;
    return sieve->positions != NULL;
}

static enum problem make_ready(struct search *search, struct sieve *sieve)
{
    if (sieve->ready)
        return PROBLEM_NONE;
    sieve->ready = true;
    return index_filter_init(search, &sieve->filter, NULL);
}

void sieve_release(struct sieve *sieve)
{
    index_filter_release(&sieve->filter);
}

enum problem sieve_shake(struct search *search, struct sieve *sieve)
{
    enum problem problem;
    size_t first = 0, rest;

    if (sieve->count > 0)
        qsort(sieve->positions, sieve->count, sizeof(sieve->positions[0]), ordinal_newest_first);
    if (sieve->count < POSITIONS_MIN)
        return PROBLEM_NONE;
    problem = make_ready(search, sieve);
    while (first < sieve->count && sieve->positions[first] > search->index.watermark)
        first++;
    rest = sieve->count - first;
    if (problem == PROBLEM_NONE)
        problem = index_filter_sift(search, &sieve->filter, sieve->positions + first, &rest);
    sieve->count = first + rest;
    return problem;
}

bool sieve_has(const struct sieve *sieve, int64_t position)
{
    return sieve->count > 0 && bsearch(&position, sieve->positions, sieve->count, sizeof(position),
                                       ordinal_newest_first) != NULL;
}
