/* By date among candidates: zones, and blocks in them, in the order of their best dates. */
#include "store/sqlite/find/by_date.h"

#include "store/sqlite/index/job_set.h"

#include <stdlib.h>

enum problem by_date_init(struct search *search, struct by_date *by_date)
{
    *by_date = (struct by_date){
        .kind = search->query->order == ORDER_START_DATE ? DATE_STARTED : DATE_ENDED,
    };
    return taken_init(search, &by_date->taken);
}

void by_date_release(struct by_date *by_date)
{
    taken_release(&by_date->taken);
}

/* Jobs that changed since the index followed may have any date. */
static enum problem take_doubtful(struct search *search, struct by_date *by_date, struct best *best)
{
    const struct doubtful *doubtful = &search->doubtful;
    struct index_filter *filter = &by_date->taken.source.filter;
    enum problem problem = search_doubtful(search);

    for (size_t i = 0; i < doubtful->count && problem == PROBLEM_NONE; i++) {
        int64_t ordinal = doubtful->ordinals[i], next;
        problem = index_filter_next(search, filter, ordinal, ordinal + 1, &next);
        if (problem == PROBLEM_NONE && next == ordinal)
            problem = taken_read(search, &by_date->taken, best, ordinal);
    }
    return problem;
}

static bool ascending(const struct search *search)
{
    return search->query->ascending;
}

/* Whether all of them come before the cursor. */
static bool is_passed(const struct search *search, const struct date_bounds *bounds)
{
    int64_t after = search->after.value;

    if (!search->has_after)
        return false;
    return after == JOB_NO_TIME ||
           (ascending(search) ? bounds->last < after : bounds->first > after);
}

/* Then none without the date is on the page. */
static bool is_full_of_dated(const struct search *search, const struct best *best)
{
    return best_is_full(search, best) && best->entries[best->count - 1].place.value != JOB_NO_TIME;
}

/* Whether all of them come behind a full page. */
static bool is_too_late(const struct search *search, const struct best *best,
                        const struct date_bounds *bounds)
{
    int64_t last;

    if (!is_full_of_dated(search, best))
        return false;
    last = best->entries[best->count - 1].place.value;
    return ascending(search) ? bounds->first > last : bounds->last < last;
}

/* Which of two has the better date, as qsort_r wants it. */
static int compare_bounds(const struct search *search, const struct date_bounds *a,
                          const struct date_bounds *b)
{
    if (ascending(search))
        return (a->first > b->first) - (a->first < b->first);
    return (a->last < b->last) - (a->last > b->last);
}

static int compare_zones(const void *a, const void *b, void *search)
{
    return compare_bounds(search, &((const struct date_zone *)a)->bounds,
                          &((const struct date_zone *)b)->bounds);
}

static int compare_blocks(const void *a, const void *b, void *search)
{
    return compare_bounds(search, &((const struct by_date_block *)a)->bounds,
                          &((const struct by_date_block *)b)->bounds);
}

static enum problem read_zones(struct search *search, struct by_date *by_date)
{
    struct date_zones *zones = &by_date->zones;
    size_t count = 0;
    enum problem problem =
        date_zones_read(search->reader, by_date->kind, &search->scratch, zones, search->err);

    for (size_t i = 0; i < zones->count; i++)
        if (!is_passed(search, &zones->list[i].bounds))
            zones->list[count++] = zones->list[i];
    zones->count = count;
    if (count > 0)
        qsort_r(zones->list, count, sizeof(zones->list[0]), compare_zones, search);
    return problem;
}

static enum problem read_unindexed(struct search *search, struct by_date *by_date,
                                   struct best *best, size_t limit)
{
    bool all;
    enum problem problem = taken_read_unindexed(search, &by_date->taken, best, limit, &all);

    if (problem != PROBLEM_NONE || !all)
        return problem;
    by_date->phase = BY_DATE_ZONES;
    problem = take_doubtful(search, by_date, best);
    if (problem == PROBLEM_NONE)
        problem = read_zones(search, by_date);
    return problem;
}

/* Lists the blocks of a zone that have candidates, unless none has. */
static enum problem enter_zone(struct search *search, struct by_date *by_date, int64_t chunk)
{
    struct date_bounds bounds[DATE_BLOCKS];
    int64_t end = (chunk + 1) * MARK_CHUNK, at = chunk * MARK_CHUNK;
    enum problem problem = index_filter_next(search, &by_date->taken.source.filter, at, end, &at);

    by_date->chunk = chunk;
    by_date->block_count = by_date->next_block = 0;
    if (problem != PROBLEM_NONE || at == end)
        return problem;
    problem = date_blocks_read(search->reader, by_date->kind, chunk, bounds, search->err);
    while (problem == PROBLEM_NONE && at < end) {
        int number = (int)(at % MARK_CHUNK / DATE_BLOCK);
        const struct date_bounds *block = &bounds[number];
        if (block->first <= block->last && !is_passed(search, block))
            by_date->blocks[by_date->block_count++] = (struct by_date_block){number, *block};
        problem = index_filter_next(search, &by_date->taken.source.filter,
                                    chunk * MARK_CHUNK + (number + 1) * DATE_BLOCK, end, &at);
    }
    if (by_date->block_count > 0)
        qsort_r(by_date->blocks, by_date->block_count, sizeof(by_date->blocks[0]), compare_blocks,
                search);
    return problem;
}

static enum problem read_block(struct search *search, struct by_date *by_date, struct best *best,
                               int number)
{
    int64_t at = by_date->chunk * MARK_CHUNK + number * DATE_BLOCK, end = at + DATE_BLOCK;
    enum problem problem = index_filter_next(search, &by_date->taken.source.filter, at, end, &at);

    while (problem == PROBLEM_NONE && at < end) {
        problem = taken_read(search, &by_date->taken, best, at);
        if (problem == PROBLEM_NONE)
            problem = index_filter_next(search, &by_date->taken.source.filter, at + 1, end, &at);
    }
    return problem;
}

static enum problem begin_absent(struct search *search, struct by_date *by_date,
                                 const struct best *best)
{
    bool among = search->has_after && search->after.value == JOB_NO_TIME;
    unsigned set = by_date->kind == DATE_STARTED ? JOB_SET_NOT_STARTED : JOB_SET_NOT_ENDED;

    by_date->phase = is_full_of_dated(search, best) ? BY_DATE_END : BY_DATE_ABSENT;
    index_filter_choose(&by_date->taken.source.filter, 1U << set, 0);
    return ordinal_below(search->reader, &by_date->taken.source.filter.block,
                         among ? search->after.position : INT64_MAX, &by_date->below, search->err);
}

static bool has_block(const struct search *search, const struct by_date *by_date,
                      const struct best *best)
{
    return by_date->next_block < by_date->block_count &&
           !is_too_late(search, best, &by_date->blocks[by_date->next_block].bounds);
}

static bool has_zone(const struct search *search, const struct by_date *by_date,
                     const struct best *best)
{
    return by_date->next_zone < by_date->zones.count &&
           !is_too_late(search, best, &by_date->zones.list[by_date->next_zone].bounds);
}

/* The next block of the zone at hand, or else the next zone. */
static enum problem read_zone(struct search *search, struct by_date *by_date, struct best *best)
{
    if (has_block(search, by_date, best))
        return read_block(search, by_date, best, by_date->blocks[by_date->next_block++].number);
    by_date->block_count = by_date->next_block = 0;
    if (has_zone(search, by_date, best))
        return enter_zone(search, by_date, by_date->zones.list[by_date->next_zone++].chunk);
    return begin_absent(search, by_date, best);
}

/* Newest first, so that a page that is full of newer ones is done. */
static enum problem end_absent(struct search *search, struct by_date *by_date,
                               const struct best *best)
{
    int64_t position;
    enum problem problem;

    if (!best_is_full(search, best) || by_date->phase == BY_DATE_END)
        return PROBLEM_NONE;
    problem = ordinal_position(search->reader, &by_date->taken.source.filter.block, by_date->below,
                               &position, search->err);
    if (problem == PROBLEM_NONE && position <= best->entries[best->count - 1].place.position)
        by_date->phase = BY_DATE_END;
    return problem;
}

static enum problem read_absent(struct search *search, struct by_date *by_date, struct best *best,
                                size_t limit)
{
    enum problem problem;
    size_t count;

    if (by_date->room < limit) {
        by_date->ordinals = ARENA_ARRAY(&search->scratch, int64_t, limit);
        by_date->room = by_date->ordinals != NULL ? limit : 0;
    }
    if (by_date->room < limit)
        return problem_no_memory(search->err);
    problem = index_filter_list(search, &by_date->taken.source.filter, by_date->below, limit,
                                by_date->ordinals, &count);
    for (size_t i = 0; i < count && problem == PROBLEM_NONE; i++) {
        by_date->below = by_date->ordinals[i];
        problem = taken_read(search, &by_date->taken, best, by_date->below);
    }
    if (count < limit)
        by_date->phase = BY_DATE_END;
    return problem == PROBLEM_NONE ? end_absent(search, by_date, best) : problem;
}

enum problem by_date_read(struct search *search, struct by_date *by_date, struct best *best,
                          size_t limit)
{
    enum problem problem = PROBLEM_NONE;

    by_date->taken.cost = 0;
    while (problem == PROBLEM_NONE && by_date->taken.cost < limit &&
           by_date->phase != BY_DATE_END) {
        switch (by_date->phase) {
        case BY_DATE_UNINDEXED:
            problem = read_unindexed(search, by_date, best, limit);
            break;
        case BY_DATE_ZONES:
            problem = read_zone(search, by_date, best);
            break;
        case BY_DATE_ABSENT:
            problem = read_absent(search, by_date, best, limit);
            break;
        case BY_DATE_END:
            break;
        }
    }
    return problem;
}

double by_date_part(const struct search *search, const struct by_date *by_date,
                    const struct best *best)
{
    double found = ((double)best->count + 0.5) / ((double)search->want + 1);
    double zones = ((double)by_date->next_zone + 0.5) / ((double)by_date->zones.count + 1);

    if (by_date->phase == BY_DATE_UNINDEXED)
        return 0;
    return found > zones ? found : zones;
}
