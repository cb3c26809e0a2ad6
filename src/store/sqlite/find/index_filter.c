/* The index filter: its parts, worked out when somebody asks for them. */
#include "store/sqlite/find/index_filter.h"

#include "store/sqlite/index/posting.h"

/* Working out a part takes as long as reading so many jobs. */
#define PART_JOBS 16

/* The index is looked at once a search, and the room for parts is used again. */
static enum problem make_parts(struct search *search, struct index_filter *filter)
{
    const struct segments *live = &search->index.segments;
    enum problem problem = search_index(search);

    if (problem != PROBLEM_NONE)
        return problem;
    if (filter->parts == NULL)
        filter->parts = ARENA_ARRAY(&search->scratch, struct index_part, live->count);
    if (filter->parts == NULL)
        return problem_no_memory(search->err);
    filter->part_count = live->count;
    for (size_t i = 0; i < live->count; i++) {
        filter->parts[i] = (struct index_part){.segment = live->list[i]};
        filter->jobs += live->list[i].count;
    }
    filter->listed = filter->jobs;
    return PROBLEM_NONE;
}

enum problem index_filter_init(struct search *search, struct index_filter *filter,
                               const struct scope *scope)
{
    index_filter_release(filter);
    *filter = (struct index_filter){
        .in_use = true, .parts = filter->parts, .ordinals = filter->ordinals, .room = filter->room};
    if (!index_terms_init(search, scope, &filter->terms))
        return problem_no_memory(search->err);
    return make_parts(search, filter);
}

void index_filter_choose(struct index_filter *filter, uint32_t sets, int64_t type)
{
    struct index_terms *terms = &filter->terms;
    uint32_t word = type != 0 ? posting_type(type) : 0;

    if (terms->sets == sets && terms->has_word == (type != 0) && terms->word == word)
        return;
    terms->sets = sets;
    terms->sets_left = INDEX_TERMS_UNKNOWN;
    terms->has_word = type != 0;
    terms->word = word;
    for (size_t i = 0; i < filter->part_count; i++)
        index_part_forget_choice(&filter->parts[i]);
}

void index_filter_release(struct index_filter *filter)
{
    for (size_t i = 0; i < filter->part_count; i++)
        index_part_release(&filter->parts[i]);
    filter->part_count = 0;
}

/* Places an iterator on the last one below an ordinal; false when there is none. */
static bool last_below(const roaring_bitmap_t *jobs, int64_t ordinal, roaring_uint32_iterator_t *at)
{
    roaring_init_iterator(jobs, at);
    if (ordinal <= UINT32_MAX && roaring_move_uint32_iterator_equalorlarger(at, (uint32_t)ordinal))
        return roaring_previous_uint32_iterator(at);
    roaring_init_iterator_last(jobs, at);
    return at->has_value;
}

/* Adds those of a part below an ordinal. */
static void list_part(const struct index_part *part, int64_t below, size_t limit, int64_t *ordinals,
                      size_t *count)
{
    roaring_uint32_iterator_t at;
    const roaring_bitmap_t *jobs = index_part_jobs(part);
    bool more = jobs != NULL && last_below(jobs, below, &at);

    while (more && *count < limit) {
        ordinals[(*count)++] = at.current_value;
        more = roaring_previous_uint32_iterator(&at);
    }
}

enum problem index_filter_list(struct search *search, struct index_filter *filter, int64_t below,
                               size_t limit, int64_t *ret_ordinals, size_t *ret_count)
{
    enum problem problem = PROBLEM_NONE;

    *ret_count = 0;
    for (size_t i = 0; i < filter->part_count && problem == PROBLEM_NONE && *ret_count < limit;
         i++) {
        struct index_part *part = &filter->parts[i];
        if (part->segment.first >= below)
            continue;
        problem = index_part_know(search, &filter->terms, part);
        if (problem == PROBLEM_NONE)
            list_part(part, below, limit, ret_ordinals, ret_count);
    }
    filter->listed = *ret_count < limit ? 0 : ret_ordinals[limit - 1];
    return problem;
}

enum problem index_filter_read(struct search *search, struct index_filter *filter, int64_t below,
                               size_t limit, int64_t *ret_positions, size_t *ret_count)
{
    int64_t ordinal;
    enum problem problem =
        ordinal_below(search->reader, &filter->block, below, &ordinal, search->err);

    *ret_count = 0;
    if (problem == PROBLEM_NONE)
        problem = index_filter_list(search, filter, ordinal, limit, ret_positions, ret_count);
    for (size_t i = 0; i < *ret_count && problem == PROBLEM_NONE; i++)
        problem = ordinal_position(search->reader, &filter->block, ret_positions[i],
                                   &ret_positions[i], search->err);
    return problem;
}

static bool holds(const struct index_part *part, int64_t ordinal)
{
    return part->segment.first <= ordinal && ordinal < index_part_end(part);
}

enum problem index_filter_next(struct search *search, struct index_filter *filter, int64_t from,
                               int64_t end, int64_t *ret_ordinal)
{
    enum problem problem = PROBLEM_NONE;

    *ret_ordinal = end;
    for (size_t i = filter->part_count; i-- > 0 && problem == PROBLEM_NONE;) {
        struct index_part *part = &filter->parts[i];
        if (index_part_end(part) <= from)
            continue;
        if (part->segment.first >= end)
            break;
        problem = index_part_know(search, &filter->terms, part);
        if (problem != PROBLEM_NONE || index_part_jobs(part) == NULL)
            continue;
        *ret_ordinal = index_part_next(index_part_jobs(part), from, end);
        if (*ret_ordinal < end)
            break;
    }
    return problem;
}

double index_filter_part(const struct index_filter *filter)
{
    return filter->jobs > 0 ? 1 - (double)filter->listed / (double)filter->jobs : 0;
}

/* Of positions in one part, the ordinals beside them. */
static void sift_part(const struct index_part *part, int64_t *positions, const int64_t *ordinals,
                      size_t from, size_t to, size_t *kept)
{
    bool known = part->passed != NULL;
    const roaring_bitmap_t *jobs = known ? index_part_jobs(part) : NULL;

    for (size_t i = from; i < to; i++)
        if (!known || (jobs != NULL && roaring_bitmap_contains(jobs, (uint32_t)ordinals[i])))
            positions[(*kept)++] = positions[i];
}

/* The ordinals of positions, in filter->ordinals. */
static enum problem number(struct search *search, struct index_filter *filter,
                           const int64_t *positions, size_t count)
{
    enum problem problem = PROBLEM_NONE;

    if (filter->room < count) {
        filter->ordinals = ARENA_ARRAY(&search->scratch, int64_t, count);
        filter->room = filter->ordinals != NULL ? count : 0;
    }
    if (filter->room < count)
        return problem_no_memory(search->err);
    for (size_t i = 0; i < count && problem == PROBLEM_NONE; i++)
        problem = ordinal_below(search->reader, &filter->block, positions[i], &filter->ordinals[i],
                                search->err);
    return problem;
}

enum problem index_filter_sift(struct search *search, struct index_filter *filter,
                               int64_t *positions, size_t *count)
{
    enum problem problem = number(search, filter, positions, *count);
    const int64_t *ordinals = filter->ordinals;
    size_t kept = 0, from = 0;

    for (size_t i = 0; i < filter->part_count && from < *count && problem == PROBLEM_NONE; i++) {
        struct index_part *part = &filter->parts[i];
        size_t to = from;
        while (to < *count && holds(part, ordinals[to]))
            to++;
        if (to - from >= PART_JOBS)
            problem = index_part_know(search, &filter->terms, part);
        if (problem == PROBLEM_NONE)
            sift_part(part, positions, ordinals, from, to, &kept);
        from = to;
    }
    *count = kept;
    return problem;
}
