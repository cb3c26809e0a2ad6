/* The name filter: intersections of postings, kept for each segment that was asked for. */
#include "store/sqlite/find/name_filter.h"

#include "base/scope.h"
#include "store/sqlite/names/name_index.h"
#include "store/sqlite/names/posting.h"
#include "store/sqlite/names/segment.h"

/*
 * In microseconds: reading a job and comparing its name, and reading a posting, of which a
 * thousandth is for each byte.
 */
#define JOB_US 3
#define POSTING_US 4
#define POSTING_BYTES_A_US 1000

/* What is thought of a gram that was not looked at yet: how many have it, and how many of those
 * that the grams before it left. */
#define SHARE_UNKNOWN 0.02
#define LEFT_UNKNOWN 0.5

/* So many jobs are few. */
#define RARE 4000
/* Working out a part takes as long as reading so many jobs. */
#define PART_JOBS 16

struct name_part {
    struct segment segment;
    bool known;
    roaring_bitmap_t *passed; /* NULL: none */
};

static void want(struct name_filter *filter, uint32_t gram)
{
    filter->wanted[filter->wanted_count++] =
        (struct name_wanted){gram, SHARE_UNKNOWN, LEFT_UNKNOWN};
}

static void want_scope(struct name_filter *filter, const struct scope *scope)
{
    if (scope->person != 0)
        want(filter, posting_person(scope->person));
    if (scope->type_count == 1)
        want(filter, posting_type(scope->types[0]));
    if (scope->type_count <= 1 || scope->type_count > NAME_FILTER_TYPES)
        return;
    filter->type_count = scope->type_count;
    for (size_t i = 0; i < scope->type_count; i++)
        filter->types[i] = posting_type(scope->types[i]);
}

static enum problem read_index(struct search *search)
{
    enum problem problem = name_index_watermark(search->reader, &search->watermark, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    return segments_read(search->reader, 1U << SEGMENT_LIVE, &search->scratch, &search->segments,
                         search->err);
}

/* The index is looked at once a search, and the room for parts is used again. */
static enum problem make_parts(struct search *search, struct name_filter *filter)
{
    struct segments *live = &search->segments;
    enum problem problem = PROBLEM_NONE;

    if (live->list == NULL)
        problem = read_index(search);
    if (problem != PROBLEM_NONE)
        return problem;
    filter->watermark = search->watermark;
    if (filter->parts == NULL)
        filter->parts = ARENA_ARRAY(&search->scratch, struct name_part, live->count);
    if (filter->parts == NULL)
        return problem_no_memory(search->err);
    filter->part_count = live->count;
    for (size_t i = 0; i < live->count; i++) {
        filter->parts[i] = (struct name_part){.segment = live->list[i]};
        filter->jobs += live->list[i].count;
    }
    return PROBLEM_NONE;
}

/* A whole name has a word of its own. */
static bool want_name(struct name_filter *filter, const struct query *query)
{
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count;

    if (query->match == MATCH_EXACT) {
        if (!name_grams_ask_word(NAME_WORD_WHOLE, query->name, grams))
            return false;
        want(filter, posting_name(grams[0]));
        return true;
    }
    count = name_grams_ask(query, NAME_INDEX_GRAM, grams);
    for (size_t i = 0; i < count; i++)
        want(filter, (uint32_t)grams[i]);
    return count > 0;
}

enum problem name_filter_init(struct search *search, struct name_filter *filter,
                              const struct scope *scope)
{
    name_filter_release(filter);
    *filter = (struct name_filter){.watermark = -1,
                                   .parts = filter->parts,
                                   .ordinals = filter->ordinals,
                                   .room = filter->room};
    if (!want_name(filter, search->query))
        return problem_no_memory(search->err);
    if (scope != NULL)
        want_scope(filter, scope);
    return make_parts(search, filter);
}

void name_filter_release(struct name_filter *filter)
{
    for (size_t i = 0; i < filter->part_count; i++)
        posting_free(filter->parts[i].passed);
    filter->part_count = 0;
}

/* The grams that few had go first; there are never many. */
static void order_wanted(struct name_filter *filter)
{
    for (size_t i = 1; i < filter->wanted_count; i++) {
        for (size_t j = i; j > 0 && filter->wanted[j].share < filter->wanted[j - 1].share; j--) {
            struct name_wanted one = filter->wanted[j];
            filter->wanted[j] = filter->wanted[j - 1];
            filter->wanted[j - 1] = one;
        }
    }
}

static int64_t passed_of(const struct name_part *part)
{
    return part->passed != NULL ? (int64_t)roaring_bitmap_get_cardinality(part->passed) : 0;
}

/* Takes over `jobs`, NULL for none, unless there are some already: then what both have. */
static void narrow(struct name_part *part, bool first, roaring_bitmap_t *jobs)
{
    if (!first && jobs != NULL) {
        roaring_bitmap_and_inplace(part->passed, jobs);
        posting_free(jobs);
        return;
    }
    posting_free(part->passed);
    part->passed = jobs;
}

/* Whether reading the posting takes less time than reading the jobs that it rules out. */
static bool pays(const struct name_part *part, const struct name_wanted *wanted)
{
    double bytes_a_job = wanted->share < 1. / 16 ? 2 * wanted->share : 1. / 8;
    double posting = POSTING_US + bytes_a_job * (double)part->segment.count / POSTING_BYTES_A_US;

    return (double)passed_of(part) * (1 - wanted->left) * JOB_US > posting;
}

static enum problem narrow_by_gram(struct search *search, struct name_part *part, bool first,
                                   struct name_wanted *wanted)
{
    double before = (double)(first ? part->segment.count : passed_of(part));
    roaring_bitmap_t *jobs;
    enum problem problem =
        posting_read(search->reader, part->segment.id, wanted->gram, &jobs, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    wanted->share = jobs != NULL
                        ? (double)roaring_bitmap_get_cardinality(jobs) / (double)part->segment.count
                        : 0;
    narrow(part, first, jobs);
    wanted->left = ((double)passed_of(part) + 1) / (before + 2); /* a few may all be alike */
    return PROBLEM_NONE;
}

static enum problem narrow_by_grams(struct search *search, struct name_filter *filter,
                                    struct name_part *part)
{
    enum problem problem = PROBLEM_NONE;

    for (size_t i = 0; i < filter->wanted_count && problem == PROBLEM_NONE; i++)
        if (i == 0 || pays(part, &filter->wanted[i]))
            problem = narrow_by_gram(search, part, i == 0, &filter->wanted[i]);
    return problem;
}

static enum problem narrow_by_types(struct search *search, struct name_filter *filter,
                                    struct name_part *part)
{
    roaring_bitmap_t *any = roaring_bitmap_create(), *jobs;
    enum problem problem = any != NULL ? PROBLEM_NONE : problem_no_memory(search->err);

    for (size_t i = 0; i < filter->type_count && problem == PROBLEM_NONE; i++) {
        problem =
            posting_read(search->reader, part->segment.id, filter->types[i], &jobs, search->err);
        if (problem != PROBLEM_NONE || jobs == NULL)
            continue;
        roaring_bitmap_or_inplace(any, jobs);
        posting_free(jobs);
    }
    if (any != NULL)
        narrow(part, false, any);
    return problem;
}

static void forget(struct name_part *part)
{
    posting_free(part->passed);
    part->passed = NULL;
    part->known = false;
}

/* Works out a part, unless that was done before. */
static enum problem know(struct search *search, struct name_filter *filter, struct name_part *part)
{
    enum problem problem;

    if (part->known)
        return PROBLEM_NONE;
    order_wanted(filter);
    problem = narrow_by_grams(search, filter, part);
    if (problem == PROBLEM_NONE && filter->type_count > 0 &&
        passed_of(part) > (int64_t)filter->type_count)
        problem = narrow_by_types(search, filter, part);
    if (problem != PROBLEM_NONE) {
        forget(part);
        return problem;
    }
    part->known = true;
    filter->seen += part->segment.count;
    filter->passed += passed_of(part);
    return PROBLEM_NONE;
}

bool name_filter_is_rare(const struct name_filter *filter)
{
    if (filter->seen == 0)
        return false;
    return (double)filter->passed / (double)filter->seen * (double)filter->jobs < RARE;
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
static enum problem read_part(struct search *search, struct name_filter *filter,
                              const struct name_part *part, int64_t below, size_t limit,
                              int64_t *positions, size_t *count)
{
    roaring_uint32_iterator_t at;
    bool more = part->passed != NULL && last_below(part->passed, below, &at);

    while (more && *count < limit) {
        enum problem problem = ordinal_position(search->reader, &filter->block, at.current_value,
                                                &positions[*count], search->err);
        if (problem != PROBLEM_NONE)
            return problem;
        ++*count;
        more = roaring_previous_uint32_iterator(&at);
    }
    return PROBLEM_NONE;
}

enum problem name_filter_read(struct search *search, struct name_filter *filter, int64_t below,
                              size_t limit, int64_t *ret_positions, size_t *ret_count)
{
    int64_t ordinal;
    enum problem problem =
        ordinal_below(search->reader, &filter->block, below, &ordinal, search->err);

    *ret_count = 0;
    for (size_t i = 0; i < filter->part_count && problem == PROBLEM_NONE && *ret_count < limit;
         i++) {
        struct name_part *part = &filter->parts[i];
        if (part->segment.first >= ordinal) {
            forget(part); /* nobody reads upwards */
            continue;
        }
        problem = know(search, filter, part);
        if (problem == PROBLEM_NONE)
            problem = read_part(search, filter, part, ordinal, limit, ret_positions, ret_count);
    }
    return problem;
}

static bool holds(const struct name_part *part, int64_t ordinal)
{
    return part->segment.first <= ordinal && ordinal < part->segment.first + part->segment.count;
}

/* Of positions in one part, the ordinals beside them. */
static void sift_part(const struct name_part *part, int64_t *positions, const int64_t *ordinals,
                      size_t from, size_t to, size_t *kept)
{
    for (size_t i = from; i < to; i++)
        if (!part->known ||
            (part->passed != NULL && roaring_bitmap_contains(part->passed, (uint32_t)ordinals[i])))
            positions[(*kept)++] = positions[i];
}

/* The ordinals of positions, in filter->ordinals. */
static enum problem number(struct search *search, struct name_filter *filter,
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

enum problem name_filter_sift(struct search *search, struct name_filter *filter, int64_t *positions,
                              size_t *count)
{
    enum problem problem = number(search, filter, positions, *count);
    const int64_t *ordinals = filter->ordinals;
    size_t kept = 0, from = 0;

    for (size_t i = 0; i < filter->part_count && from < *count && problem == PROBLEM_NONE; i++) {
        struct name_part *part = &filter->parts[i];
        size_t to = from;
        while (to < *count && holds(part, ordinals[to]))
            to++;
        if (to - from >= PART_JOBS)
            problem = know(search, filter, part);
        if (problem == PROBLEM_NONE)
            sift_part(part, positions, ordinals, from, to, &kept);
        from = to;
    }
    *count = kept;
    return problem;
}
