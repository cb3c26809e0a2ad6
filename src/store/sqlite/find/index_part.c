/* Parts of the index filter: intersections of postings, each only if it pays. */
#include "store/sqlite/find/index_part.h"

#include "base/scope.h"
#include "store/sqlite/index/job_set.h"

/*
 * In microseconds: reading a job and comparing its name, and reading a posting, of which a
 * thousandth is for each byte.
 */
#define JOB_US 6
#define POSTING_US 4
#define SET_US 5 /* of a chunk */
#define POSTING_BYTES_A_US 1000

#define LEFT_MAX 0.9

/* More jobs than these are looked up among those that are chosen. */
#define CHOICE_MIN 2

/* In the key of a choice by a word, where that of one by sets has their bits. */
#define CHOICE_WORD (-1)

static int64_t count_of(const roaring_bitmap_t *jobs)
{
    return jobs != NULL ? (int64_t)roaring_bitmap_get_cardinality(jobs) : 0;
}

/* A part while it is worked out. */
struct work {
    struct search *search;
    const struct segment *segment;
    roaring_bitmap_t *jobs; /* that pass so far; NULL: none */
    bool begun; /* else all pass */
};

static int64_t count_left(const struct work *work)
{
    return work->begun ? count_of(work->jobs) : work->segment->count;
}

/* Leaves what some jobs, NULL for none, have in common with those so far; takes them over. */
static void narrow(struct work *work, roaring_bitmap_t *jobs)
{
    if (!work->begun) {
        work->jobs = jobs;
        work->begun = true;
        return;
    }
    if (work->jobs != NULL && jobs != NULL)
        roaring_bitmap_and_inplace(work->jobs, jobs);
    else {
        posting_free(work->jobs);
        work->jobs = NULL;
    }
    posting_free(jobs);
}

/* What part is left; a few may all be alike. */
static double left_of(int64_t before, int64_t after)
{
    return ((double)after + 1) / ((double)before + 2);
}

/* Whether reading the posting takes less time than reading the jobs that it rules out. */
static bool pays(const struct work *work, const struct index_wanted *wanted)
{
    double bytes_a_job = wanted->share < 1. / 16 ? 2 * wanted->share : 1. / 8;
    double posting = POSTING_US + bytes_a_job * (double)work->segment->count / POSTING_BYTES_A_US;

    return (double)count_left(work) * (1 - wanted->left) * JOB_US > posting;
}

static enum problem narrow_by_word(struct work *work, struct index_wanted *wanted)
{
    struct search *search = work->search;
    int64_t before = count_left(work);
    roaring_bitmap_t *jobs;
    enum problem problem =
        posting_read(search->reader, work->segment->id, wanted->word, &jobs, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    wanted->share = (double)count_of(jobs) / (double)work->segment->count;
    narrow(work, jobs);
    wanted->left = left_of(before, count_left(work));
    return PROBLEM_NONE;
}

static enum problem narrow_by_words(struct work *work, struct index_terms *terms)
{
    enum problem problem = PROBLEM_NONE;

    for (size_t i = 0; i < terms->wanted_count && problem == PROBLEM_NONE; i++)
        if (!work->begun || pays(work, &terms->wanted[i]))
            problem = narrow_by_word(work, &terms->wanted[i]);
    return problem;
}

/* The same of the types' postings, of which few are long. */
static bool types_pay(const struct work *work, const struct index_terms *terms)
{
    return (double)count_left(work) * (1 - terms->types_left) * JOB_US >
           (double)terms->type_count * POSTING_US;
}

static enum problem narrow_by_types(struct work *work, struct index_terms *terms)
{
    struct search *search = work->search;
    int64_t before = count_left(work);
    roaring_bitmap_t *any = roaring_bitmap_create(), *jobs;
    enum problem problem = any != NULL ? PROBLEM_NONE : problem_no_memory(search->err);

    for (size_t i = 0; i < terms->type_count && problem == PROBLEM_NONE; i++) {
        problem =
            posting_read(search->reader, work->segment->id, terms->types[i], &jobs, search->err);
        if (problem != PROBLEM_NONE || jobs == NULL)
            continue;
        roaring_bitmap_or_inplace(any, jobs);
        posting_free(jobs);
    }
    if (any != NULL)
        narrow(work, any);
    terms->types_left = left_of(before, count_left(work));
    return problem;
}

/* Nothing is asked for that never changes. */
static enum problem pass_all(struct work *work)
{
    uint64_t first = (uint64_t)work->segment->first;

    work->jobs = roaring_bitmap_from_range(first, first + (uint64_t)work->segment->count, 1);
    return work->jobs != NULL ? PROBLEM_NONE : problem_no_memory(work->search->err);
}

static enum problem work_out(struct work *work, struct index_terms *terms)
{
    enum problem problem;

    if (terms->wanted_count == 0 && terms->type_count == 0)
        return pass_all(work);
    index_terms_order(terms);
    problem = narrow_by_words(work, terms);
    if (problem == PROBLEM_NONE && terms->type_count > 0 &&
        (!work->begun || types_pay(work, terms)))
        problem = narrow_by_types(work, terms);
    return problem;
}

void index_part_forget_choice(struct index_part *part)
{
    posting_free(part->doubtful);
    answer_drop(part->chosen);
    part->doubtful = NULL;
    part->chosen = NULL;
    part->is_chosen = false;
}

void index_part_release(struct index_part *part)
{
    index_part_forget_choice(part);
    answer_drop(part->passed);
    part->passed = NULL;
}

/* Keeps what was worked out, which is taken over, unless there was a problem. */
static enum problem keep(struct search *search, struct index_part *part, enum problem problem,
                         const struct answer_key *key, roaring_bitmap_t *jobs,
                         struct answer **ret_answer)
{
    part->worked_out = true;
    if (problem != PROBLEM_NONE) {
        posting_free(jobs);
        return problem;
    }
    *ret_answer = answers_keep(&search->reader->answers, key, jobs);
    return *ret_answer != NULL ? PROBLEM_NONE : problem_no_memory(search->err);
}

static enum problem know_passed(struct search *search, struct index_terms *terms,
                                struct index_part *part)
{
    struct work work = {.search = search, .segment = &part->segment};
    struct answer_key key = answer_key_with(terms->key, &part->segment.id, 1);
    enum problem problem;

    part->passed = answers_find(&search->reader->answers, &key);
    if (part->passed != NULL)
        return PROBLEM_NONE;
    problem = work_out(&work, terms);
    return keep(search, part, problem, &key, work.jobs, &part->passed);
}

static int64_t first_chunk(const struct index_part *part)
{
    return mark_chunk(part->segment.first);
}

static int64_t last_chunk(const struct index_part *part)
{
    return mark_chunk(part->segment.first + part->segment.count - 1);
}

/* Whether reading the sets takes less time than reading the jobs that they rule out. */
static bool sets_pay(const struct index_terms *terms, const struct index_part *part)
{
    double chunks = (double)(last_chunk(part) - first_chunk(part) + 1);
    double reads = chunks * __builtin_popcount(terms->sets);

    return (double)count_of(index_part_jobs(part)) * (1 - terms->sets_left) * JOB_US >
           reads * SET_US;
}

int64_t index_part_next(const roaring_bitmap_t *jobs, int64_t from, int64_t end)
{
    roaring_uint32_iterator_t at;

    roaring_init_iterator(jobs, &at);
    if (from > UINT32_MAX || !roaring_move_uint32_iterator_equalorlarger(&at, (uint32_t)from))
        return end;
    return at.current_value < end ? at.current_value : end;
}

static bool has_chunk(const struct index_part *part, int64_t chunk)
{
    int64_t end = (chunk + 1) * MARK_CHUNK;

    return chunk <= last_chunk(part) &&
           index_part_next(index_part_jobs(part), chunk * MARK_CHUNK, end) < end;
}

/* Adds those of all sets in a run of chunks, which lie side by side, a set after another. */
static enum problem add_chunks(struct search *search, const struct index_terms *terms,
                               const struct index_part *part, int64_t first, int64_t last,
                               roaring_bitmap_t *any)
{
    const roaring_bitmap_t *jobs = index_part_jobs(part);
    enum problem problem = PROBLEM_NONE;

    for (unsigned set = 0; set < JOB_SET_COUNT && problem == PROBLEM_NONE; set++)
        if ((terms->sets & 1U << set) != 0)
            problem = job_set_add(search->reader, set, first, last, jobs, any, search->err);
    return problem;
}

/* The same in all chunks in which some passed. */
static enum problem add_sets(struct search *search, const struct index_terms *terms,
                             const struct index_part *part, roaring_bitmap_t *any)
{
    int64_t first = first_chunk(part), next;
    enum problem problem = PROBLEM_NONE;

    for (; first <= last_chunk(part) && problem == PROBLEM_NONE; first = next + 1) {
        for (next = first; has_chunk(part, next); next++)
            ;
        if (next > first)
            problem = add_chunks(search, terms, part, first, next - 1, any);
    }
    return problem;
}

/* Other parts may differ from one in which nearly all are in the sets. */
static void learn_left(struct index_terms *terms, int64_t before, int64_t after)
{
    double left = left_of(before, after);

    terms->sets_left = left < LEFT_MAX ? left : LEFT_MAX;
}

/* What changed lately may be in any set. */
static enum problem add_doubtful(struct search *search, struct index_part *part,
                                 const roaring_bitmap_t *among)
{
    const roaring_bitmap_t *changed = search->doubtful.set;

    if (changed == NULL || among == NULL || !roaring_bitmap_intersect(changed, among))
        return PROBLEM_NONE;
    part->doubtful = roaring_bitmap_and(changed, among);
    if (part->doubtful == NULL)
        return problem_no_memory(search->err);
    if (part->chosen->jobs != NULL)
        roaring_bitmap_or_inplace(part->doubtful, part->chosen->jobs);
    return PROBLEM_NONE;
}

static enum problem key_of_sets(struct search *search, const struct index_terms *terms,
                                const struct index_part *part, struct answer_key *ret_key)
{
    int64_t first = first_chunk(part);
    size_t count = (size_t)(last_chunk(part) - first + 1);
    int64_t *numbers = ARENA_ARRAY(&search->scratch, int64_t, count + 1);
    enum problem problem;

    if (numbers == NULL)
        return problem_no_memory(search->err);
    numbers[0] = terms->sets;
    problem = mark_versions_read(search->reader, first, count, numbers + 1, search->err);
    *ret_key = answer_key_with(part->chosen != NULL ? part->chosen->key : part->passed->key,
                               numbers, count + 1);
    return problem;
}

static enum problem work_out_sets(struct search *search, const struct index_terms *terms,
                                  const struct index_part *part, roaring_bitmap_t **ret_jobs)
{
    *ret_jobs = roaring_bitmap_create();
    return *ret_jobs != NULL ? add_sets(search, terms, part, *ret_jobs)
                             : problem_no_memory(search->err);
}

/* Where it is not known and does not pay, nothing is chosen. */
static enum problem find_by_sets(struct search *search, struct index_terms *terms,
                                 struct index_part *part, struct answer **ret_answer)
{
    struct answer_key key;
    roaring_bitmap_t *jobs;
    enum problem problem = key_of_sets(search, terms, part, &key);

    if (problem != PROBLEM_NONE)
        return problem;
    *ret_answer = answers_find(&search->reader->answers, &key);
    if (*ret_answer != NULL || !sets_pay(terms, part))
        return PROBLEM_NONE;
    problem = work_out_sets(search, terms, part, &jobs);
    return keep(search, part, problem, &key, jobs, ret_answer);
}

/* Where too much changed, the sets tell nothing. */
static enum problem choose_by_sets(struct search *search, struct index_terms *terms,
                                   struct index_part *part)
{
    const roaring_bitmap_t *among = index_part_jobs(part);
    struct answer *before = part->chosen, *chosen = NULL;
    enum problem problem = search_doubtful(search);

    if (problem == PROBLEM_NONE && !search->doubtful.too_many)
        problem = find_by_sets(search, terms, part, &chosen);
    if (chosen == NULL)
        return problem;
    part->chosen = chosen;
    problem = add_doubtful(search, part, among);
    learn_left(terms, count_of(among), count_of(index_part_jobs(part)));
    answer_drop(before);
    return problem;
}

static enum problem work_out_word(struct search *search, uint32_t word,
                                  const struct index_part *part, roaring_bitmap_t **ret_jobs)
{
    enum problem problem =
        posting_read(search->reader, part->segment.id, word, ret_jobs, search->err);

    if (problem == PROBLEM_NONE && *ret_jobs != NULL)
        roaring_bitmap_and_inplace(*ret_jobs, part->passed->jobs);
    return problem;
}

static enum problem choose_by_word(struct search *search, const struct index_terms *terms,
                                   struct index_part *part)
{
    const int64_t word[] = {CHOICE_WORD, terms->word};
    struct answer_key key = answer_key_with(part->passed->key, word, ARRAY_SIZE(word));
    roaring_bitmap_t *jobs;
    enum problem problem;

    part->chosen = answers_find(&search->reader->answers, &key);
    if (part->chosen != NULL)
        return PROBLEM_NONE;
    problem = work_out_word(search, terms->word, part, &jobs);
    return keep(search, part, problem, &key, jobs, &part->chosen);
}

enum problem index_part_know(struct search *search, struct index_terms *terms,
                             struct index_part *part)
{
    enum problem problem = part->passed != NULL ? PROBLEM_NONE : know_passed(search, terms, part);

    if (problem != PROBLEM_NONE || part->is_chosen)
        return problem;
    if (terms->has_word && count_of(part->passed->jobs) > CHOICE_MIN)
        problem = choose_by_word(search, terms, part);
    if (problem == PROBLEM_NONE && terms->sets != 0 && count_of(index_part_jobs(part)) > CHOICE_MIN)
        problem = choose_by_sets(search, terms, part);
    part->is_chosen = problem == PROBLEM_NONE;
    return problem;
}
