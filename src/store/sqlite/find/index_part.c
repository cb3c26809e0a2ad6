/* Parts of the index filter: intersections of postings, each only if it pays. */
#include "store/sqlite/find/index_part.h"

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

/* More jobs than these are looked up among those with a word that is chosen. */
#define CHOICE_MIN 2

static int64_t count_of(const roaring_bitmap_t *jobs)
{
    return jobs != NULL ? (int64_t)roaring_bitmap_get_cardinality(jobs) : 0;
}

/* Takes over `jobs`, NULL for none, unless there are some already: then what both have. */
static void narrow(struct index_part *part, bool first, roaring_bitmap_t *jobs)
{
    if (!first && jobs != NULL) {
        roaring_bitmap_and_inplace(part->passed, jobs);
        posting_free(jobs);
        return;
    }
    posting_free(part->passed);
    part->passed = jobs;
}

/* What part is left; a few may all be alike. */
static double left_of(int64_t before, int64_t after)
{
    return ((double)after + 1) / ((double)before + 2);
}

/* Whether reading the posting takes less time than reading the jobs that it rules out. */
static bool pays(const struct index_part *part, const struct index_wanted *wanted)
{
    double bytes_a_job = wanted->share < 1. / 16 ? 2 * wanted->share : 1. / 8;
    double posting = POSTING_US + bytes_a_job * (double)part->segment.count / POSTING_BYTES_A_US;

    return (double)count_of(part->passed) * (1 - wanted->left) * JOB_US > posting;
}

static enum problem narrow_by_word(struct search *search, struct index_part *part, bool first,
                                   struct index_wanted *wanted)
{
    int64_t before = first ? part->segment.count : count_of(part->passed);
    roaring_bitmap_t *jobs;
    enum problem problem =
        posting_read(search->reader, part->segment.id, wanted->word, &jobs, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    wanted->share = jobs != NULL
                        ? (double)roaring_bitmap_get_cardinality(jobs) / (double)part->segment.count
                        : 0;
    narrow(part, first, jobs);
    wanted->left = left_of(before, count_of(part->passed));
    return PROBLEM_NONE;
}

static enum problem narrow_by_words(struct search *search, struct index_terms *terms,
                                    struct index_part *part)
{
    enum problem problem = PROBLEM_NONE;

    for (size_t i = 0; i < terms->wanted_count && problem == PROBLEM_NONE; i++)
        if (i == 0 || pays(part, &terms->wanted[i]))
            problem = narrow_by_word(search, part, i == 0, &terms->wanted[i]);
    return problem;
}

/* The same of the types' postings, of which few are long. */
static bool types_pay(const struct index_terms *terms, const struct index_part *part)
{
    return (double)count_of(part->passed) * (1 - terms->types_left) * JOB_US >
           (double)terms->type_count * POSTING_US;
}

static enum problem narrow_by_types(struct search *search, struct index_terms *terms,
                                    struct index_part *part, bool first)
{
    int64_t before = first ? part->segment.count : count_of(part->passed);
    roaring_bitmap_t *any = roaring_bitmap_create(), *jobs;
    enum problem problem = any != NULL ? PROBLEM_NONE : problem_no_memory(search->err);

    for (size_t i = 0; i < terms->type_count && problem == PROBLEM_NONE; i++) {
        problem =
            posting_read(search->reader, part->segment.id, terms->types[i], &jobs, search->err);
        if (problem != PROBLEM_NONE || jobs == NULL)
            continue;
        roaring_bitmap_or_inplace(any, jobs);
        posting_free(jobs);
    }
    if (any != NULL)
        narrow(part, first, any);
    terms->types_left = left_of(before, count_of(part->passed));
    return problem;
}

void index_part_forget_choice(struct index_part *part)
{
    posting_free(part->chosen);
    part->chosen = NULL;
    part->is_chosen = part->has_choice = false;
}

void index_part_release(struct index_part *part)
{
    index_part_forget_choice(part);
    posting_free(part->passed);
    part->passed = NULL;
    part->known = false;
}

/* Nothing is asked for that never changes. */
static bool pass_all(struct index_part *part)
{
    uint64_t first = (uint64_t)part->segment.first;

    part->passed = roaring_bitmap_from_range(first, first + (uint64_t)part->segment.count, 1);
    return part->passed != NULL;
}

static enum problem know_passed(struct search *search, struct index_terms *terms,
                                struct index_part *part)
{
    bool first = terms->wanted_count == 0;
    enum problem problem;

    if (first && terms->type_count == 0 && !pass_all(part))
        return problem_no_memory(search->err);
    index_terms_order(terms);
    problem = narrow_by_words(search, terms, part);
    if (problem == PROBLEM_NONE && terms->type_count > 0 && (first || types_pay(terms, part)))
        problem = narrow_by_types(search, terms, part, first);
    if (problem != PROBLEM_NONE) {
        index_part_release(part);
        return problem;
    }
    part->known = true;
    return PROBLEM_NONE;
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

/* The choice takes the place of the one before, NULL for none. */
static void take_choice(struct index_part *part, roaring_bitmap_t *chosen)
{
    posting_free(part->chosen);
    part->chosen = chosen;
    part->has_choice = true;
}

/* Other parts may differ from one in which nearly all are in the sets. */
static void learn_left(struct index_terms *terms, int64_t before, int64_t after)
{
    double left = left_of(before, after);

    terms->sets_left = left < LEFT_MAX ? left : LEFT_MAX;
}

/* What changed lately may be in any set. Where too much did, they tell nothing. */
static enum problem choose_by_sets(struct search *search, struct index_terms *terms,
                                   struct index_part *part)
{
    roaring_bitmap_t *any = roaring_bitmap_create();
    enum problem problem = any != NULL ? search_doubtful(search) : problem_no_memory(search->err);
    bool told = !search->doubtful.too_many;

    if (problem == PROBLEM_NONE && told)
        problem = add_sets(search, terms, part, any);
    if (problem != PROBLEM_NONE || !told) {
        posting_free(any);
        return problem;
    }
    if (search->doubtful.set != NULL)
        roaring_bitmap_or_inplace(any, search->doubtful.set);
    roaring_bitmap_and_inplace(any, index_part_jobs(part));
    learn_left(terms, count_of(index_part_jobs(part)), count_of(any));
    take_choice(part, any);
    return PROBLEM_NONE;
}

static enum problem choose_by_word(struct search *search, struct index_terms *terms,
                                   struct index_part *part)
{
    roaring_bitmap_t *jobs;
    enum problem problem =
        posting_read(search->reader, part->segment.id, terms->word, &jobs, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    if (jobs != NULL)
        roaring_bitmap_and_inplace(jobs, index_part_jobs(part));
    take_choice(part, jobs);
    return PROBLEM_NONE;
}

enum problem index_part_know(struct search *search, struct index_terms *terms,
                             struct index_part *part)
{
    enum problem problem = part->known ? PROBLEM_NONE : know_passed(search, terms, part);

    if (problem != PROBLEM_NONE || part->is_chosen)
        return problem;
    if (terms->has_word && count_of(part->passed) > CHOICE_MIN)
        problem = choose_by_word(search, terms, part);
    if (problem == PROBLEM_NONE && terms->sets != 0 && sets_pay(terms, part))
        problem = choose_by_sets(search, terms, part);
    part->is_chosen = problem == PROBLEM_NONE;
    return problem;
}
