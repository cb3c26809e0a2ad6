/* Names: postings are chosen by what a sample says of them, read, and intersected. */
#include "store/postgres/find/names.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/postgres/find/costs.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

/* In microseconds: a job of a posting; a posting. */
#define ENTRY_US 0.02
#define POSTING_US 3.0

/* Sets of more jobs are not held in memory: 16 bytes each. Where there are more than the sample
 * promised, twice as many are. */
#define JOBS_MAX 2e6
#define RUNS_MAX ((size_t)4000000)

void find_names_release(struct find_names *names)
{
    find_words_release(&names->words);
    name_set_release(&names->passed);
    name_set_release(&names->sample);
    mem_free(names->bits);
}

static double cost_of(const struct find_words *words, const struct find_group *group)
{
    return group->share * words->jobs * ENTRY_US +
           words->segments * (double)group->count * POSTING_US;
}

/* A choice of groups while it is made. */
struct choice {
    struct name_set sample; /* what they leave of it */
    double jobs; /* what they leave of all */
    double cost; /* of reading them */
    bool any; /* is read or chosen */
};

/* What a group would leave of the sample, as a share; *ret_sample is the caller's. */
static bool try_group(const struct find_names *names, const struct find_group *group,
                      const struct choice *choice, struct name_set *ret_sample, double *ret_left)
{
    const struct find_words *words = &names->words;
    double before = choice->any ? find_words_jobs(words, &choice->sample) : words->sample_jobs;

    if (!name_set_join(ret_sample, &group->jobs) ||
        !(!choice->any || name_set_meet(ret_sample, &choice->sample)))
        return false;
    /* A few may all be alike. */
    *ret_left = (find_words_jobs(words, ret_sample) + 1) / (before + 2);
    return true;
}

static void undo(struct find_words *words)
{
    for (size_t i = 0; i < words->group_count; i++)
        if (words->groups[i].state == GROUP_CHOSEN)
            words->groups[i].state = GROUP_ASKED;
}

/* False without memory. */
static bool consider(const struct find_names *names, struct find_group *group,
                     struct choice *choice)
{
    AUTO(name_set_release) struct name_set sample = {0};
    double cost = cost_of(&names->words, group), left;

    if (!try_group(names, group, choice, &sample, &left))
        return false;
    if (choice->any && cost > choice->jobs * (1 - left) * FIND_LISTED_US)
        return true;
    group->state = GROUP_CHOSEN;
    name_set_release(&choice->sample);
    choice->sample = sample;
    sample = (struct name_set){0};
    choice->jobs *= left;
    choice->cost += cost;
    choice->any = true;
    return true;
}

static bool is_too_long(const struct find_words *words, const struct find_group *group)
{
    return group->share * words->jobs > JOBS_MAX;
}

/* The groups that few have, and those that rule out more than it costs to read them. */
static bool choose_list(struct find_names *names, struct choice *choice)
{
    struct find_words *words = &names->words;

    for (size_t i = 0; i < words->group_count; i++) {
        struct find_group *group = &words->groups[i];
        if (group->state != GROUP_ASKED)
            continue;
        if (choice->any ? cost_of(words, group) > choice->jobs * FIND_LISTED_US
                        : is_too_long(words, group))
            break;
        if (!consider(names, group, choice))
            return false;
    }
    return true;
}

/* Types and users are tested by other means. */
static bool choose_sieve(struct find_names *names, double budget, struct choice *choice)
{
    struct find_words *words = &names->words;

    for (size_t i = 0; i < words->group_count && names->sieved >= 1; i++) {
        struct find_group *group = &words->groups[i];
        if (!group->of_name || group->state != GROUP_ASKED)
            continue;
        return cost_of(words, group) > budget || is_too_long(words, group) ||
               consider(names, group, choice);
    }
    return true;
}

static bool begin_choice(const struct find_names *names, struct choice *choice)
{
    name_set_release(&choice->sample);
    *choice = (struct choice){.jobs = names->known ? names->jobs : names->words.jobs,
                              .any = names->known};
    return name_set_join(&choice->sample, &names->sample);
}

static void end_choice(struct choice *choice)
{
    name_set_release(&choice->sample);
}

static bool choose(struct find_names *names, struct find_effort effort)
{
    AUTO(end_choice) struct choice choice = {0};
    double listed;

    if (!begin_choice(names, &choice) || !choose_list(names, &choice))
        return false;
    listed = choice.jobs < effort.wanted ? choice.jobs : effort.wanted;
    if (choice.cost + listed * FIND_LISTED_US > effort.list) {
        undo(&names->words);
        if (!begin_choice(names, &choice) || !choose_sieve(names, effort.sieve, &choice))
            return false;
    }
    name_set_release(&names->sample);
    names->sample = choice.sample;
    choice.sample = (struct name_set){0};
    return true;
}

/* The posting of a row, of which nothing counts above the watermark: that is read by itself. */
static struct name_reader posting_of(const struct find_names *names, struct pg_row row)
{
    return name_reader_of(row_span(row, 1), names->words.last + 1);
}

/* What has one word of a group, of the postings read, which come oldest first. */
static bool read_word(const struct find_names *names, const struct find_word *word,
                      const PGresult *result, struct name_set *ret_jobs)
{
    for (int i = 0; i < (int)pg_rows(result); i++) {
        struct pg_row row = {result, i};
        if (row_number(row, 0, 0) == word->number &&
            !name_set_read(ret_jobs, posting_of(names, row)))
            return false;
    }
    return true;
}

static bool read_group(const struct find_names *names, const struct find_group *group,
                       const PGresult *result, struct name_set *ret_jobs)
{
    for (size_t i = 0; i < group->count; i++) {
        AUTO(name_set_release) struct name_set jobs = {0};
        if (!read_word(names, &group->words[i], result, &jobs) || !name_set_join(ret_jobs, &jobs))
            return false;
    }
    return true;
}

/* Leaves what has the word, whose postings may be long: they are only looked through. */
static bool meet_word(struct find_names *names, const struct find_word *word,
                      const PGresult *result)
{
    AUTO(name_set_release) struct name_set before = names->passed;
    size_t at = 0;

    names->passed = (struct name_set){0};
    for (int i = 0; i < (int)pg_rows(result); i++) {
        struct pg_row row = {result, i};
        if (row_number(row, 0, 0) == word->number &&
            !name_set_meet_posting(&before, &at, posting_of(names, row), &names->passed))
            return false;
    }
    return true;
}

static bool meet_group(struct find_names *names, const struct find_group *group,
                       const PGresult *result)
{
    AUTO(name_set_release) struct name_set any = {0};

    if (names->known && group->count == 1)
        return meet_word(names, group->words, result);
    return read_group(names, group, result, &any) &&
           (names->known ? name_set_meet(&names->passed, &any)
                         : name_set_join(&names->passed, &any));
}

static bool has_runs(const struct name_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].first != set->list[i].last)
            return true;
    return false;
}

/* Each has a byte at least, so mostly nothing needs to be counted. */
static size_t count_runs(const struct find_names *names, struct pg_row row, size_t most)
{
    struct name_reader reader = posting_of(names, row);
    struct name_run run;
    size_t count = 0;

    while (count <= most && name_reader_next(&reader, &run))
        count++;
    return count;
}

static bool is_of(const struct find_group *group, int64_t word)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->words[i].number == word)
            return true;
    return false;
}

/* Whether it would be too much to hold: the sample did not look so. */
static bool is_too_large(const struct find_names *names, const struct find_group *group,
                         const PGresult *result)
{
    size_t bytes = 0, count = 0;

    if (names->known && group->count == 1 && !has_runs(&names->passed))
        return false;
    for (int i = 0; i < (int)pg_rows(result); i++) {
        struct pg_row row = {result, i};
        if (is_of(group, row_number(row, 0, 0)))
            bytes += row_span(row, 1).len;
    }
    for (int i = 0; i < (int)pg_rows(result) && bytes > RUNS_MAX && count <= RUNS_MAX; i++) {
        struct pg_row row = {result, i};
        if (is_of(group, row_number(row, 0, 0)))
            count += count_runs(names, row, RUNS_MAX - count);
    }
    return count > RUNS_MAX;
}

static bool take_group(struct find_names *names, const struct find_group *group,
                       const PGresult *result)
{
    if (is_too_large(names, group, result))
        return true;
    if (!meet_group(names, group, result))
        return false;
    if (group->of_name)
        names->sieved *= group->share;
    names->known = true;
    return true;
}

static bool take_postings(struct find_names *names, const PGresult *result)
{
    for (size_t i = 0; i < names->words.group_count; i++) {
        struct find_group *group = &names->words.groups[i];
        if (group->state != GROUP_CHOSEN)
            continue;
        if (!take_group(names, group, result))
            return false;
        group->state = GROUP_READ;
    }
    return true;
}

static bool has_chosen(const struct find_words *words)
{
    for (size_t i = 0; i < words->group_count; i++)
        if (words->groups[i].state == GROUP_CHOSEN)
            return true;
    return false;
}

static void add_chosen(const struct find_words *words, struct pg_params *params,
                       struct arena *arena)
{
    int64_t numbers[FIND_WORDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < words->group_count; i++)
        for (size_t j = 0; j < words->groups[i].count; j++)
            if (words->groups[i].state == GROUP_CHOSEN)
                numbers[count++] = words->groups[i].words[j].number;
    param_numbers(params, arena, numbers, count);
}

static enum problem read_chosen(struct find_names *names, struct pg_connection *connection,
                                struct err *err)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};
    const PGresult *result;
    enum problem problem = PROBLEM_NONE;

    arena_init(&arena, 1 << 16);
    add_chosen(&names->words, &params, &arena);
    result = pg_ask(connection,
                    "SELECT p.word, p.jobs FROM (SELECT first FROM name_segment ORDER BY first) AS "
                    "s CROSS JOIN LATERAL (SELECT word, jobs FROM name_posting WHERE segment = "
                    "s.first AND word = ANY($1::int8[]) OFFSET 0) AS p",
                    &params);
    if (result == NULL)
        return pg_failed(connection, err);
    if (!take_postings(names, result)) {
        err_set(err, "The store is damaged, or memory is short: a posting of the name index.");
        problem = PROBLEM_INTERNAL;
    }
    pg_clear(connection);
    return problem;
}

/* A number of bits, and the modulus one less, which has nothing in common with what positions are
 * multiples of. */
#define BITS_MIN 13
#define BITS_MAX 23

static bool make_sieve(struct find_names *names)
{
    const struct name_set *passed = &names->passed;
    unsigned bits = BITS_MIN;

    mem_free(names->bits);
    names->bits = NULL;
    if (has_runs(passed))
        return true;
    while (bits < BITS_MAX && (size_t)1 << bits < FIND_BITS_A_JOB * passed->count)
        bits++;
    names->bits = mem_alloc((size_t)1 << (bits - 3), 1);
    if (names->bits == NULL)
        return false;
    names->modulus = ((int64_t)1 << bits) - 1;
    for (size_t i = 0; i < passed->count; i++) {
        int64_t bit = passed->list[i].first % names->modulus;
        names->bits[bit / 8] = (unsigned char)(names->bits[bit / 8] | 1u << bit % 8);
    }
    return true;
}

static enum problem weigh(struct find_names *names, struct pg_connection *connection,
                          const struct query *query, struct err *err)
{
    names->weighed = true;
    names->sieved = 1;
    if (!find_words_of(&names->words, query))
        return problem_no_memory(err);
    return find_words_weigh(&names->words, connection, err);
}

enum problem find_names_know(struct find_names *names, struct pg_connection *connection,
                             const struct query *query, struct find_effort effort, struct err *err)
{
    enum problem problem = PROBLEM_NONE;

    if (!names->weighed)
        problem = weigh(names, connection, query, err);
    if (problem != PROBLEM_NONE)
        return problem;
    if (!choose(names, effort))
        return problem_no_memory(err);
    if (!has_chosen(&names->words))
        return PROBLEM_NONE;
    problem = read_chosen(names, connection, err);
    if (problem != PROBLEM_NONE || !names->known)
        return problem;
    names->watermark = names->words.last;
    names->jobs = find_words_jobs(&names->words, &names->passed);
    return make_sieve(names) ? PROBLEM_NONE : problem_no_memory(err);
}
