/* Words: collected from a query, weighed by the newest segments. */
#include "store/postgres/find/words.h"

#include "base/scope.h"
#include "model/states.h"
#include "store/postgres/names/piece.h"
#include "store/postgres/names/segment.h"

#include <math.h>

void find_words_release(struct find_words *words)
{
    for (size_t i = 0; i < words->word_count; i++)
        job_bits_release(&words->words[i].jobs);
    for (size_t i = 0; i < words->group_count; i++)
        job_bits_release(&words->groups[i].jobs);
    *words = (struct find_words){0};
}

static void begin_group(struct find_words *words, enum find_group_kind kind)
{
    words->groups[words->group_count++] =
        (struct find_group){.kind = kind, .words = &words->words[words->word_count]};
}

static void add_word(struct find_words *words, int64_t number)
{
    words->words[words->word_count++] = (struct find_word){.number = number};
    words->groups[words->group_count - 1].count++;
}

static void add_alone(struct find_words *words, int64_t number, enum find_group_kind kind)
{
    begin_group(words, kind);
    add_word(words, number);
}

static bool add_grams(struct find_words *words, const struct query *query)
{
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count = name_grams_ask(query, NAME_PIECE_GRAM, grams);

    for (size_t i = 0; i < count; i++)
        add_alone(words, grams[i], GROUP_OF_NAME);
    return count > 0;
}

static bool add_types(struct find_words *words, const struct query *query)
{
    struct name_words of;

    if (query->type_count == 0 || query->type_count > FIND_TYPES_ASKED)
        return true;
    begin_group(words, GROUP_OF_SCOPE);
    for (size_t i = 0; i < query->type_count; i++) {
        if (!name_words_of((struct span){"", 0}, query->types[i], &query->user, &of))
            return false;
        add_word(words, of.type);
    }
    return true;
}

bool find_words_of(struct find_words *words, const struct query *query)
{
    struct name_words of;

    if (!name_words_of(query->has_name ? query->name : (struct span){"", 0}, (struct span){"", 0},
                       &query->user, &of))
        return false;
    if (query->has_name && query->match == MATCH_EXACT)
        add_alone(words, of.whole, GROUP_OF_NAME);
    if (query->has_user)
        add_alone(words, of.user, GROUP_OF_SCOPE);
    if (query->statuses != STATUS_MASK_ALL)
        begin_group(words, GROUP_OF_STATUSES);
    if (!add_types(words, query))
        return false;
    return !query->has_name || (query->match != MATCH_EXACT && query->name_folded.len == 0) ||
           add_grams(words, query);
}

/* At least so many are a sample. */
#define SAMPLE_BLOCKS 32

/* Segments that are not in the sample are left alone. */
static const char sample[] =
    "SELECT s.first, s.block, s.first >= n.first, p.word, p.jobs FROM (SELECT "
    "coalesce(max(first), -1) AS first FROM name_segment WHERE block <= (SELECT block FROM "
    "name_state WHERE one) - $1) AS n CROSS JOIN "
    "(SELECT first, block FROM name_segment ORDER BY first) AS s LEFT JOIN LATERAL (SELECT "
    "word, jobs FROM name_posting WHERE s.first >= n.first AND segment = s.first AND word = "
    "ANY($2::int8[]) OFFSET 0) AS p ON TRUE";

enum sample_column { FIRST, BLOCK, IN_SAMPLE, WORD, JOBS };

static const char statuses[] = "SELECT coalesce(sum(s.count), 0) FROM unnest($1::int8[]) AS k "
                               "(kind) CROSS JOIN LATERAL (SELECT count FROM job_set WHERE kind = "
                               "k.kind OFFSET 0) AS s";

void find_words_ask(const struct find_words *words, const struct query *query,
                    struct pg_connection *connection, struct arena *arena)
{
    struct pg_params of_sample = {0}, of_statuses = {0};
    int64_t numbers[FIND_WORDS_MAX], kinds[STATUS_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < words->word_count; i++)
        numbers[i] = words->words[i].number;
    param_number(&of_sample, SAMPLE_BLOCKS);
    param_numbers(&of_sample, arena, numbers, words->word_count);
    pg_send(connection, sample, &of_sample);
    for (int status = 0; status < STATUS_COUNT; status++)
        if (query->statuses != STATUS_MASK_ALL && query->statuses & (1u << status))
            kinds[count++] = status;
    param_numbers(&of_statuses, arena, kinds, count);
    pg_send(connection, statuses, &of_statuses);
}

static bool take_posting(struct find_words *words, struct pg_row row)
{
    for (size_t i = 0; i < words->word_count; i++) {
        struct find_word *word = &words->words[i];
        if (word->number == row_number(row, WORD, 0) &&
            !job_posting_read(row_span(row, JOBS), &word->jobs))
            return false;
    }
    return true;
}

static void count_segments(struct find_words *words, const PGresult *result, int64_t blocks)
{
    int64_t before = -1;

    words->sample_first = blocks;
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        int64_t block = row_number(row, BLOCK, 0);
        words->segments += row_number(row, FIRST, 0) != before ? 1 : 0;
        before = row_number(row, FIRST, 0);
        if (row_number(row, IN_SAMPLE, 0) != 0 && block < words->sample_first)
            words->sample_first = block;
    }
}

/* Segments come oldest first, each as often as it has words. */
static bool take_sample(struct find_words *words, const PGresult *result, int64_t blocks)
{
    bool good = true;

    count_segments(words, result, blocks);
    for (size_t i = 0; i < words->word_count && good; i++)
        good = job_bits_init(&words->words[i].jobs, words->sample_first,
                             (size_t)(blocks - words->sample_first));
    for (size_t i = 0; i < pg_rows(result) && good; i++) {
        struct pg_row row = {result, (int)i};
        good = row_is_null(row, WORD) || take_posting(words, row);
    }
    return good;
}

static double share_of(double jobs, double all)
{
    return (jobs + 1) / (all + 2);
}

static bool weigh(const struct find_words *words, struct find_group *group, double sampled)
{
    if (group->kind == GROUP_OF_STATUSES)
        return true;
    if (!job_bits_init(&group->jobs, words->sample_first, (size_t)(sampled / JOB_BLOCK)))
        return false;
    for (size_t i = 0; i < group->count; i++)
        job_bits_join(&group->jobs, &group->words[i].jobs);
    group->share = share_of((double)job_bits_count(&group->jobs), sampled);
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

/* Where a sample has none that have all, there are likely fewer than one in its size. */
#define RATHER_NONE .1

/* What the types and the user have in common, or these and the name. */
static bool share_of_groups(const struct find_words *words, bool named, double sampled,
                            double *ret_share)
{
    AUTO(job_bits_release) struct job_bits jobs = {0};

    if (!job_bits_init(&jobs, words->sample_first, (size_t)(sampled / JOB_BLOCK)))
        return false;
    job_bits_fill(&jobs);
    for (size_t i = 0; i < words->group_count; i++) {
        const struct find_group *group = &words->groups[i];
        if (group->kind == GROUP_OF_SCOPE || (named && group->kind == GROUP_OF_NAME))
            job_bits_meet(&jobs, &group->jobs);
    }
    *ret_share = ((double)job_bits_count(&jobs) + RATHER_NONE) / (sampled + 1);
    return true;
}

bool find_words_weigh(struct find_words *words, const struct pg_connection *connection,
                      size_t first, int64_t blocks)
{
    double with_statuses = (double)row_number(pg_first(pg_result(connection, first + 1)), 0, 0),
           sampled;

    words->jobs = (double)blocks * JOB_BLOCK;
    words->status_share = 1;
    if (!take_sample(words, pg_result(connection, first), blocks))
        return false;
    sampled = (double)(blocks - words->sample_first) * JOB_BLOCK;
    for (size_t i = 0; i < words->group_count; i++) {
        struct find_group *group = &words->groups[i];
        if (!weigh(words, group, sampled))
            return false;
        if (group->kind == GROUP_OF_STATUSES)
            words->status_share = group->share = share_of(with_statuses, words->jobs);
    }
    put_in_order(words);
    if (!share_of_groups(words, false, sampled, &words->scope_share) ||
        !share_of_groups(words, true, sampled, &words->share))
        return false;
    words->share *= words->status_share;
    return true;
}

void find_words_forget_statuses(struct find_words *words)
{
    for (size_t i = 0; i < words->group_count; i++)
        if (words->groups[i].kind == GROUP_OF_STATUSES)
            words->groups[i].read = true;
}
