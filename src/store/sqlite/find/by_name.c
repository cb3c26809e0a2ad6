/* By name among candidates: buckets in the order of their best names. */
#include "store/sqlite/find/by_name.h"

#include "store/sqlite/index/posting.h"

/* In jobs read: to work out a segment, in which so many jobs count as one more, as does a type. */
#define SEGMENT_COST 2
#define SEGMENT_JOBS 20000
/* So many postings of buckets are read in the time of a job. */
#define POSTINGS 3
/* Candidates whose names lie close together are found so much later than others. */
#define LATER 2

static bool ascending(const struct search *search)
{
    return search->query->ascending;
}

enum problem by_name_init(struct search *search, struct by_name *by_name)
{
    enum problem problem;

    *by_name = (struct by_name){0};
    problem = taken_init(search, &by_name->taken);
    if (problem == PROBLEM_NONE)
        problem = name_buckets_know(search->reader, search->err);
    if (problem == PROBLEM_NONE && search->by_name && search->query->match == MATCH_START)
        problem = walk_ranges_of_start(search, &by_name->ranges);
    return problem;
}

void by_name_release(struct by_name *by_name)
{
    posting_free(by_name->jobs);
    taken_release(&by_name->taken);
}

static void spend(struct by_name *by_name, size_t cost)
{
    by_name->taken.cost += cost;
}

/* The buckets in the query's direction. */
static const struct name_bucket *bucket_at(const struct search *search, size_t at)
{
    const struct name_buckets *buckets = &search->reader->buckets;

    return ascending(search) ? &buckets->list[at] : buckets->down[at];
}

static bool ends_before(const struct name_bucket *bucket, struct span name)
{
    return !bucket->endless && span_compare(bucket->last, name_bucket_key(name)) < 0;
}

static bool begins_behind(const struct name_bucket *bucket, struct span name)
{
    return span_compare(bucket->first, name) > 0;
}

/* Whether a name of it may match. */
static bool is_in_range(const struct search *search, const struct by_name *by_name,
                        const struct name_bucket *bucket)
{
    const struct walk_ranges *ranges = &by_name->ranges;

    for (size_t i = 0; i < ranges->count; i++) {
        const struct walk_range *range = &ranges->list[i];
        if (!ends_before(bucket, ascending(search) ? range->start : range->end) &&
            !begins_behind(bucket, ascending(search) ? range->end : range->start))
            return true;
    }
    return !ranges->known;
}

/* Whether all of it comes before the cursor. */
static bool is_passed(const struct search *search, const struct name_bucket *bucket)
{
    if (!search->has_after)
        return false;
    return ascending(search) ? ends_before(bucket, search->after.text)
                             : begins_behind(bucket, search->after.text);
}

/* Whether all of it comes behind a name. */
static bool is_later(const struct search *search, const struct name_bucket *bucket,
                     struct span name)
{
    return ascending(search) ? begins_behind(bucket, name) : ends_before(bucket, name);
}

/* Where reading begins; ptr NULL: at the end of all names. */
static struct span start(const struct search *search, const struct by_name *by_name)
{
    if (search->has_after)
        return search->after.text;
    return by_name->ranges.count > 0 ? by_name->ranges.list[0].start : (struct span){0};
}

/* Counts those with names that may match, and of them those in which reading begins. */
static void count_buckets(const struct search *search, struct by_name *by_name)
{
    struct span name = start(search, by_name);

    by_name->in_range = by_name->at_start = 0;
    for (size_t i = 0; i < search->reader->buckets.count; i++) {
        const struct name_bucket *bucket = bucket_at(search, i);
        if (!is_in_range(search, by_name, bucket))
            continue;
        by_name->in_range++;
        if (!is_passed(search, bucket) &&
            (name.ptr == NULL ? i == 0 : !is_later(search, bucket, name)))
            by_name->at_start++;
    }
}

/* The part of the index that is worked out. */
static double part_known(const struct by_name *by_name)
{
    return (double)by_name->known_jobs / (double)by_name->taken.source.filter.jobs;
}

/* How many candidates there are, as far as can be told. */
static double candidates(const struct by_name *by_name)
{
    return ((double)by_name->candidates + 1) / part_known(by_name);
}

/* How many buckets are to be read: where it begins, and until there are as many as are wanted. */
static double expected(const struct search *search, const struct by_name *by_name)
{
    return (double)by_name->at_start +
           (double)search->want * (double)by_name->in_range / candidates(by_name);
}

static int64_t count_of(const struct index_part *part)
{
    const roaring_bitmap_t *jobs = index_part_jobs(part);

    return jobs != NULL ? (int64_t)roaring_bitmap_get_cardinality(jobs) : 0;
}

static void begin_jobs(struct by_name *by_name)
{
    roaring_init_iterator_last(by_name->jobs, &by_name->at);
    by_name->more = by_name->at.has_value;
}

/* The ranges of a pattern's grams tell more of where candidates are. */
static enum problem narrow(struct search *search, struct by_name *by_name)
{
    enum problem problem;

    if (!search->by_name || by_name->ranges.known)
        return PROBLEM_NONE;
    problem = walk_ranges_of_index(search, &by_name->ranges);
    if (problem == PROBLEM_NONE)
        count_buckets(search, by_name);
    return problem;
}

/*
 * Segments with few candidates are read whole: those with fewer than their postings of so many
 * buckets cost.
 */
static void take_few(struct by_name *by_name, double buckets)
{
    const struct index_filter *filter = &by_name->taken.source.filter;

    roaring_bitmap_clear(by_name->jobs);
    for (size_t i = 0; i < filter->part_count; i++) {
        struct by_name_segment *segment = &by_name->segments[i];
        if (segment->few || (double)segment->candidates * POSTINGS > buckets)
            continue;
        segment->few = true;
        by_name->many--;
        if (segment->candidates > 0)
            roaring_bitmap_or_inplace(by_name->jobs, index_part_jobs(&filter->parts[i]));
    }
    by_name->bucket = NULL;
    begin_jobs(by_name);
}

static void begin_buckets(const struct search *search, struct by_name *by_name)
{
    by_name->many = by_name->taken.source.filter.part_count;
    by_name->phase = BY_NAME_BUCKETS;
    take_few(by_name, LATER * expected(search, by_name));
}

static double segment_cost(const struct index_filter *filter, size_t segments, int64_t jobs)
{
    return (double)(segments * (SEGMENT_COST + filter->terms.type_count)) +
           (double)jobs / SEGMENT_JOBS;
}

static enum problem know_candidates(struct search *search, struct by_name *by_name)
{
    struct index_filter *filter = &by_name->taken.source.filter;
    struct index_part *part = &filter->parts[by_name->known];
    enum problem problem = index_part_know(search, &filter->terms, part);

    if (problem == PROBLEM_NONE && by_name->known == 0)
        problem = narrow(search, by_name);
    if (problem != PROBLEM_NONE)
        return problem;
    by_name->segments[by_name->known++].candidates = count_of(part);
    by_name->candidates += count_of(part);
    by_name->known_jobs += part->segment.count;
    if (part->worked_out)
        spend(by_name, (size_t)segment_cost(filter, 1, part->segment.count));
    if (by_name->known == filter->part_count)
        begin_buckets(search, by_name);
    return PROBLEM_NONE;
}

static enum problem begin_candidates(struct search *search, struct by_name *by_name)
{
    size_t count = by_name->taken.source.filter.part_count;

    by_name->jobs = roaring_bitmap_create();
    by_name->segments = ARENA_ARRAY(&search->scratch, struct by_name_segment, count);
    if (by_name->jobs == NULL || by_name->segments == NULL)
        return problem_no_memory(search->err);
    count_buckets(search, by_name);
    by_name->phase = count > 0 ? BY_NAME_CANDIDATES : BY_NAME_END;
    return PROBLEM_NONE;
}

static enum problem read_unindexed(struct search *search, struct by_name *by_name,
                                   struct best *best, size_t limit)
{
    bool all;
    enum problem problem = taken_read_unindexed(search, &by_name->taken, best, limit, &all);

    if (problem != PROBLEM_NONE || !all)
        return problem;
    return begin_candidates(search, by_name);
}

/* Adds what a segment has of the candidates in the bucket at hand. */
static enum problem add_segment(struct search *search, struct by_name *by_name,
                                const struct index_part *part)
{
    const struct name_bucket *bucket = by_name->bucket;
    roaring_bitmap_t *jobs;
    enum problem problem;

    if (index_part_end(part) <= bucket->since || part->segment.first >= bucket->until)
        return PROBLEM_NONE;
    problem = posting_read(search->reader, part->segment.id, posting_bucket(bucket->id), &jobs,
                           search->err);
    if (problem != PROBLEM_NONE || jobs == NULL)
        return problem;
    roaring_bitmap_and_inplace(jobs, index_part_jobs(part));
    roaring_bitmap_or_inplace(by_name->jobs, jobs);
    posting_free(jobs);
    return PROBLEM_NONE;
}

/* Of one name only those behind the cursor are left. */
static enum problem pass_cursor(struct search *search, struct by_name *by_name)
{
    struct index_filter *filter = &by_name->taken.source.filter;
    int64_t ordinal;
    enum problem problem;

    if (!search->has_after || !name_bucket_is_single(by_name->bucket) ||
        !span_eq(by_name->bucket->first, search->after.text))
        return PROBLEM_NONE;
    problem = ordinal_below(search->reader, &filter->block, search->after.position, &ordinal,
                            search->err);
    while (problem == PROBLEM_NONE && by_name->more && by_name->at.current_value >= ordinal)
        by_name->more = roaring_previous_uint32_iterator(&by_name->at);
    return problem;
}

static enum problem enter_bucket(struct search *search, struct by_name *by_name)
{
    const struct index_filter *filter = &by_name->taken.source.filter;
    enum problem problem = PROBLEM_NONE;

    roaring_bitmap_clear(by_name->jobs);
    for (size_t i = 0; i < filter->part_count && problem == PROBLEM_NONE; i++)
        if (!by_name->segments[i].few)
            problem = add_segment(search, by_name, &filter->parts[i]);
    begin_jobs(by_name);
    spend(by_name, 1 + by_name->many / POSTINGS);
    by_name->visited++;
    return problem == PROBLEM_NONE ? pass_cursor(search, by_name) : problem;
}

static bool is_done(const struct search *search, const struct best *best,
                    const struct name_bucket *bucket)
{
    return best_is_full(search, best) &&
           is_later(search, bucket, best->entries[best->count - 1].place.text);
}

/* The next one that matters, NULL when none is left. */
static const struct name_bucket *choose_bucket(const struct search *search, struct by_name *by_name,
                                               const struct best *best)
{
    size_t count = search->reader->buckets.count;

    for (; by_name->many > 0 && by_name->next < count; by_name->next++) {
        const struct name_bucket *bucket = bucket_at(search, by_name->next);
        if (is_done(search, best, bucket))
            break;
        if (is_in_range(search, by_name, bucket) && !is_passed(search, bucket))
            return bucket;
    }
    return NULL;
}

/* Where candidates lie closer together than was expected, buckets have cost their price first. */
static enum problem next_bucket(struct search *search, struct by_name *by_name,
                                const struct best *best)
{
    const struct name_bucket *bucket = choose_bucket(search, by_name, best);

    if (bucket == NULL) {
        by_name->phase = BY_NAME_END;
        return PROBLEM_NONE;
    }
    take_few(by_name, (double)by_name->visited);
    if (by_name->more)
        return PROBLEM_NONE;
    by_name->next++;
    by_name->bucket = bucket;
    return enter_bucket(search, by_name);
}

/* Of one name the newest come first: whether those left come behind a full page. */
static enum problem end_single(struct search *search, struct by_name *by_name,
                               const struct best *best, int64_t ordinal)
{
    struct ordinal_block *block = &by_name->taken.source.filter.block;
    const struct place *last;
    int64_t position;
    enum problem problem;

    if (by_name->bucket == NULL || !name_bucket_is_single(by_name->bucket) ||
        !best_is_full(search, best))
        return PROBLEM_NONE;
    last = &best->entries[best->count - 1].place;
    if (!span_eq(last->text, by_name->bucket->first))
        return PROBLEM_NONE;
    problem = ordinal_position(search->reader, block, ordinal, &position, search->err);
    if (problem == PROBLEM_NONE && position <= last->position)
        by_name->more = false;
    return problem;
}

static enum problem read_job(struct search *search, struct by_name *by_name, struct best *best)
{
    uint32_t ordinal = by_name->at.current_value;
    enum problem problem = taken_read(search, &by_name->taken, best, ordinal);

    by_name->more = roaring_previous_uint32_iterator(&by_name->at);
    return problem == PROBLEM_NONE ? end_single(search, by_name, best, ordinal) : problem;
}

static enum problem read_some(struct search *search, struct by_name *by_name, struct best *best,
                              size_t limit)
{
    switch (by_name->phase) {
    case BY_NAME_UNINDEXED:
        return read_unindexed(search, by_name, best, limit);
    case BY_NAME_CANDIDATES:
        return know_candidates(search, by_name);
    case BY_NAME_BUCKETS:
        return by_name->more ? read_job(search, by_name, best) : next_bucket(search, by_name, best);
    case BY_NAME_END:
        break;
    }
    return PROBLEM_NONE;
}

enum problem by_name_read(struct search *search, struct by_name *by_name, struct best *best,
                          size_t limit)
{
    enum problem problem = PROBLEM_NONE;

    by_name->taken.cost = 0;
    while (problem == PROBLEM_NONE && by_name->taken.cost < limit && by_name->phase != BY_NAME_END)
        problem = read_some(search, by_name, best, limit);
    by_name->cost += (double)by_name->taken.cost;
    return problem;
}

double by_name_part(const struct search *search, const struct by_name *by_name)
{
    const struct index_filter *filter = &by_name->taken.source.filter;
    bool all_known = by_name->phase >= BY_NAME_BUCKETS;
    size_t segments = all_known ? by_name->many : filter->part_count;
    double buckets, bucket, all, reading;

    if (by_name->known_jobs == 0)
        return 0;
    buckets = expected(search, by_name) - (double)by_name->visited;
    bucket =
        (double)segments / POSTINGS + candidates(by_name) / (double)search->reader->buckets.count;
    all = candidates(by_name) - (double)roaring_bitmap_get_cardinality(by_name->taken.read);
    reading = buckets > 1 ? buckets * bucket : bucket;
    reading = reading < all || all < 1 ? reading : all;
    return by_name->cost / (by_name->cost + reading +
                            segment_cost(filter, filter->part_count - by_name->known,
                                         filter->jobs - by_name->known_jobs));
}
