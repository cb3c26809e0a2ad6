/* Words: collected from a query, weighed by the newest segments. */
#include "store/postgres/find/words.h"

#include "base/scope.h"
#include "store/postgres/names/segment.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

#include <math.h>

void find_words_release(struct find_words *words)
{
    for (size_t i = 0; i < words->word_count; i++)
        name_set_release(&words->words[i].jobs);
    for (size_t i = 0; i < words->group_count; i++)
        name_set_release(&words->groups[i].jobs);
    *words = (struct find_words){0};
}

static void begin_group(struct find_words *words, bool of_name)
{
    words->groups[words->group_count++] =
        (struct find_group){.words = &words->words[words->word_count], .of_name = of_name};
}

static void add_word(struct find_words *words, int64_t number)
{
    words->words[words->word_count++] = (struct find_word){.number = number};
    words->groups[words->group_count - 1].count++;
}

static void add_alone(struct find_words *words, int64_t number, bool of_name)
{
    begin_group(words, of_name);
    add_word(words, number);
}

static bool add_grams(struct find_words *words, const struct query *query)
{
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count = name_grams_ask(query, NAME_SEGMENT_GRAM, grams);

    for (size_t i = 0; i < count; i++)
        add_alone(words, grams[i], true);
    return count > 0;
}

static bool add_types(struct find_words *words, const struct query *query)
{
    struct name_words of;

    if (query->type_count == 0 || query->type_count > FIND_TYPES_ASKED)
        return true;
    begin_group(words, false);
    for (size_t i = 0; i < query->type_count; i++) {
        if (!name_words_of(query->name, query->types[i], &query->user, &of))
            return false;
        add_word(words, of.type);
    }
    return true;
}

bool find_words_of(struct find_words *words, const struct query *query)
{
    struct name_words of;

    if (!name_words_of(query->name, (struct span){"", 0}, &query->user, &of))
        return false;
    if (query->match == MATCH_EXACT)
        add_alone(words, of.whole, true);
    if (query->has_user)
        add_alone(words, of.user, false);
    return add_types(words, query) && add_grams(words, query);
}

/* Segments that are not in the sample are left alone. */
static const char sample[] =
    "SELECT s.first, s.last, s.level, s.first >= n.first, p.word, p.jobs FROM (SELECT "
    "coalesce(max(first), -1) AS first FROM name_segment WHERE level = $1) AS n CROSS JOIN "
    "(SELECT first, last, level FROM name_segment ORDER BY first) AS s LEFT JOIN LATERAL (SELECT "
    "word, jobs FROM name_posting WHERE s.first >= n.first AND segment = s.first AND word = "
    "ANY($2::int8[]) OFFSET 0) AS p ON TRUE";

enum sample_column { FIRST, LAST, LEVEL, IN_SAMPLE, WORD, JOBS };

static bool take_posting(struct find_words *words, struct pg_row row)
{
    for (size_t i = 0; i < words->word_count; i++) {
        struct find_word *word = &words->words[i];
        if (word->number == row_number(row, WORD, 0) &&
            !name_set_read(&word->jobs, name_reader_of(row_span(row, JOBS), INT64_MAX)))
            return false;
    }
    return true;
}

static void count_segment(struct find_words *words, struct pg_row row)
{
    double jobs = ldexp(NAME_SEGMENT_JOBS, 3 * (int)row_number(row, LEVEL, 0));

    words->segments++;
    words->jobs += jobs;
    if (row_number(row, IN_SAMPLE, 0) != 0)
        words->sample_jobs += jobs;
    words->last = row_number(row, LAST, 0);
}

/* Segments come oldest first, each as often as it has words. */
static bool take_sample(struct find_words *words, const PGresult *result)
{
    int64_t before = -1;

    words->first = pg_rows(result) > 0 ? row_number(pg_first(result), FIRST, 0) : -1;
    words->last = -1;
    for (int i = 0; i < (int)pg_rows(result); i++) {
        struct pg_row row = {result, i};
        if (row_number(row, FIRST, 0) != before)
            count_segment(words, row);
        before = row_number(row, FIRST, 0);
        if (!row_is_null(row, WORD) && !take_posting(words, row))
            return false;
    }
    return true;
}

double find_words_jobs(const struct find_words *words, const struct name_set *set)
{
    double density = words->jobs / (double)(words->last - words->first + 1), jobs = 0;

    for (size_t i = 0; i < set->count; i++)
        jobs += set->list[i].first == set->list[i].last
                    ? 1
                    : density * (double)(set->list[i].last - set->list[i].first);
    return jobs;
}

static bool weigh(struct find_words *words, struct find_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (!name_set_join(&group->jobs, &group->words[i].jobs))
            return false;
    group->share = find_words_jobs(words, &group->jobs) / (words->sample_jobs + 1);
    return true;
}

/* There are never many. */
static void put_in_order(struct find_words *words)
{
    struct find_group *groups = words->groups;

    for (size_t i = 1; i < words->group_count; i++) {
        for (size_t j = i; j > 0 && groups[j].share < groups[j - 1].share; j--) {
            struct find_group one = groups[j];
            groups[j] = groups[j - 1];
            groups[j - 1] = one;
        }
    }
}

/* Leaves of what `jobs` has what all groups have that the name is asked for by, or the others. */
static bool meet_groups(const struct find_words *words, bool of_name, bool *any,
                        struct name_set *jobs)
{
    for (size_t i = 0; i < words->group_count; i++) {
        const struct find_group *group = &words->groups[i];
        if (group->of_name != of_name)
            continue;
        if (!(*any ? name_set_meet(jobs, &group->jobs) : name_set_join(jobs, &group->jobs)))
            return false;
        *any = true;
    }
    return true;
}

/* A few may all be alike. */
static double share_of(const struct find_words *words, const struct name_set *jobs)
{
    return (find_words_jobs(words, jobs) + 1) / (words->sample_jobs + 2);
}

/* Of a run, which tells of more than an eighth of its jobs that they have a word, so many do. */
#define RUN_SHARE .25

/* What is to be thought of types and a user that are told in runs. */
static double share_of_runs(const struct find_words *words)
{
    double share = 1;

    for (size_t i = 0; i < words->group_count; i++)
        if (!words->groups[i].of_name && words->groups[i].share > RUN_SHARE)
            share *= RUN_SHARE;
    return share;
}

static bool weigh_all(struct find_words *words)
{
    AUTO(name_set_release) struct name_set jobs = {0};
    bool any = false;

    if (!meet_groups(words, false, &any, &jobs))
        return false;
    words->scope_share = (any ? share_of(words, &jobs) : 1) * share_of_runs(words);
    if (!meet_groups(words, true, &any, &jobs))
        return false;
    words->share = share_of(words, &jobs) * share_of_runs(words);
    return true;
}

static enum problem read_sample(struct find_words *words, struct pg_connection *connection,
                                struct err *err)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};
    int64_t numbers[FIND_WORDS_MAX];
    const PGresult *result;

    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < words->word_count; i++)
        numbers[i] = words->words[i].number;
    param_number(&params, NAME_SEGMENT_LEVEL_LAST);
    param_numbers(&params, &arena, numbers, words->word_count);
    result = pg_ask(connection, sample, &params);
    if (result == NULL)
        return pg_failed(connection, err);
    if (!take_sample(words, result)) {
        err_set(err, "The store is damaged, or memory is short: a posting of the newest names.");
        return PROBLEM_INTERNAL;
    }
    pg_clear(connection);
    return PROBLEM_NONE;
}

enum problem find_words_weigh(struct find_words *words, struct pg_connection *connection,
                              struct err *err)
{
    enum problem problem = read_sample(words, connection, err);

    for (size_t i = 0; i < words->group_count && problem == PROBLEM_NONE; i++)
        if (!weigh(words, &words->groups[i]))
            problem = problem_no_memory(err);
    if (problem == PROBLEM_NONE && !weigh_all(words))
        problem = problem_no_memory(err);
    put_in_order(words);
    return problem;
}
