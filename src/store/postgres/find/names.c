/* Names: postings are chosen by what a sample says of them, read, and intersected. */
#include "store/postgres/find/names.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/postgres/find/costs.h"
#include "store/postgres/names/marks.h"
#include "store/postgres/names/name_order.h"
#include "store/postgres/names/segment.h"
#include "store/postgres/read.h"

/* In microseconds: a job of a posting; a posting; a statement. */
#define ENTRY_US 0.002
#define POSTING_US 8.0
#define STATEMENT_US 250.0

/* So many blocks has a segment that is merged no more, and none lies in two such rows. */
#define WIDEST 512

void find_names_release(struct find_names *names)
{
    find_words_release(&names->words);
    job_bits_release(&names->passed);
    job_bits_release(&names->sample);
    job_bits_release(&names->read);
    mem_free(names->doubtful);
}

#define ORDINAL_OF NAME_ORDINAL_OF("c.position")

/* A row for each change, also of jobs that are not indexed: too many of these hide others. */
static const char state[] =
    "SELECT s.last, s.block, coalesce((SELECT (place + 1) * " NAME_PLACE_TEXT " FROM name_place "
    "WHERE first < $1 ORDER BY first DESC LIMIT 1), 0), CASE WHEN c.position <= s.last THEN "
    "" ORDINAL_OF " END FROM name_state AS s LEFT JOIN LATERAL (SELECT position FROM job_change "
    "WHERE change > s.change ORDER BY change LIMIT $2) AS c ON TRUE WHERE s.one";

enum state_column { LAST, BLOCK, BEHIND, DOUBTFUL };

static bool take_state(struct find_names *names, const PGresult *result)
{
    struct pg_row row = pg_first(result);
    size_t rows = pg_rows(result);

    names->watermark = row_number(row, LAST, -1);
    names->blocks = row_number(row, BLOCK, 0);
    names->behind = row_number(row, BEHIND, 0);
    names->fresh = rows <= FIND_DOUBTFUL_MAX;
    names->doubtful = mem_alloc(rows, sizeof(*names->doubtful));
    for (size_t i = 0; i < rows && names->doubtful != NULL; i++) {
        row.row = (int)i;
        if (!row_is_null(row, DOUBTFUL))
            names->doubtful[names->doubtful_count++] = row_number(row, DOUBTFUL, 0);
    }
    return names->doubtful != NULL;
}

static enum problem damaged(struct err *err)
{
    err_set(err, "The store is damaged, or memory is short: a posting of the name index.");
    return PROBLEM_INTERNAL;
}

enum problem find_names_ask(struct find_names *names, struct pg_connection *connection,
                            const struct query *query, int64_t position, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};
    bool good;

    arena_init(&arena, 1 << 16);
    if (!find_words_of(&names->words, query))
        return problem_no_memory(err);
    param_number(&params, position);
    param_number(&params, FIND_DOUBTFUL_MAX + 1);
    pg_send(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL);
    pg_send(connection, state, &params);
    find_words_ask(&names->words, query, connection, &arena);
    if (!pg_round(connection))
        return pg_failed(connection, err);
    good = take_state(names, pg_result(connection, 1)) &&
           find_words_weigh(&names->words, connection, 2, names->blocks);
    pg_clear(connection);
    if (!good)
        return damaged(err);
    if (!names->fresh)
        find_words_forget_statuses(&names->words);
    if (!job_bits_init(&names->sample, names->words.sample_first,
                       (size_t)(names->blocks - names->words.sample_first)))
        return problem_no_memory(err);
    job_bits_fill(&names->sample);
    names->jobs = names->words.jobs;
    names->asked = true;
    return PROBLEM_NONE;
}

void find_names_leave(struct pg_connection *connection)
{
    pg_clear(connection);
    if (pg_ask(connection, "COMMIT", NULL) != NULL)
        pg_clear(connection);
    else
        pg_disconnect(connection);
}

static double cost_of(const struct find_names *names, const struct find_group *group)
{
    double postings = group->kind == GROUP_OF_STATUSES
                          ? (double)names->blocks / MARK_CHUNK_BLOCKS * 2
                          : names->words.segments * (double)group->count;

    return STATEMENT_US + group->share * names->words.jobs * ENTRY_US +
           (names->jobs < postings ? names->jobs : postings) * POSTING_US;
}

double find_names_reads(const struct find_names *names, double jobs, double wanted)
{
    double matches = names->words.share * names->words.jobs;
    double reads = wanted * (matches < jobs ? jobs / matches : 1);

    return reads < jobs ? reads : jobs;
}

double find_names_runs(const struct find_names *names, double jobs, double wanted)
{
    double runs = names->words.jobs / (names->words.segments + 1) / NAME_ORDER_RUN;

    return (wanted < jobs ? wanted / (jobs + 1) : 1) * runs + 1;
}

/* What a page takes with so many candidates: those that are read, or all where that is less. */
static double page_us(const struct find_names *names, const struct query *query, double jobs,
                      double wanted)
{
    double reads = find_names_reads(names, jobs, wanted), listing = 0;

    if (query->order == ORDER_NAME)
        listing = find_names_runs(names, jobs, reads) * names->words.segments * FIND_RUN_US;
    listing += reads * FIND_LISTED_US;
    return listing < jobs * FIND_LISTED_US ? listing : jobs * FIND_LISTED_US;
}

/* What of the candidates a group leaves, by the sample, of which a few may all be alike. */
static double left_by(const struct find_names *names, const struct find_group *group)
{
    if (group->kind == GROUP_OF_STATUSES)
        return group->share;
    return ((double)job_bits_count_both(&names->sample, &group->jobs) + 1) /
           ((double)job_bits_count(&names->sample) + 2);
}

/* Whether it rules out more than it costs to read it. */
static bool is_worth(const struct find_names *names, const struct find_group *group,
                     const struct query *query, double left, double wanted)
{
    return cost_of(names, group) < page_us(names, query, names->jobs, wanted) -
                                       page_us(names, query, names->jobs * left, wanted);
}

/* The next group to read, of those that few have first; NULL where none is worth it. */
static struct find_group *choose(struct find_names *names, const struct query *query, double wanted)
{
    for (size_t i = 0; i < names->words.group_count; i++) {
        struct find_group *group = &names->words.groups[i];
        if (!group->read &&
            (names->thorough || is_worth(names, group, query, left_by(names, group), wanted)))
            return group;
    }
    return NULL;
}

/* The numbers of those rows of so many blocks in which there is a candidate. */
static void add_rows(const struct find_names *names, int64_t width, struct pg_params *params,
                     struct arena *arena)
{
    int64_t rows = names->blocks / width + 1;
    int64_t *numbers = ARENA_ARRAY(arena, int64_t, (size_t)rows);
    size_t count = 0;

    for (int64_t i = 0; i < rows && numbers != NULL; i++)
        if (job_bits_any(&names->passed, i * width, (i + 1) * width))
            numbers[count++] = i;
    params->failed = params->failed || numbers == NULL;
    param_numbers(params, arena, numbers, count);
}

/* Of answers that are postings. */
static enum problem take(struct pg_connection *connection, const PGresult *result,
                         struct job_bits *jobs, struct err *err)
{
    bool good = true;

    if (result == NULL)
        return pg_failed(connection, err);
    job_bits_clear(jobs);
    for (size_t i = 0; i < pg_rows(result) && good; i++)
        good = job_posting_read(row_span((struct pg_row){result, (int)i}, 0), jobs);
    pg_clear(connection);
    return good ? PROBLEM_NONE : damaged(err);
}

#define ARENA_MAX ((size_t)1 << 24)

enum problem find_names_read_words(struct find_names *names, struct pg_connection *connection,
                                   const struct find_word *words, size_t count, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};
    int64_t numbers[FIND_WORDS_MAX];

    arena_init(&arena, ARENA_MAX);
    for (size_t i = 0; i < count; i++)
        numbers[i] = words[i].number;
    param_numbers(&params, &arena, numbers, count);
    add_rows(names, WIDEST, &params, &arena);
    param_number(&params, WIDEST);
    return take(connection,
                pg_ask(connection,
                       "SELECT p.jobs FROM (SELECT first FROM name_segment WHERE block / $3 = "
                       "ANY($2::int8[]) OFFSET 0) AS s CROSS JOIN LATERAL (SELECT jobs FROM "
                       "name_posting WHERE segment = s.first AND word = ANY($1::int8[]) OFFSET 0) "
                       "AS p",
                       &params),
                &names->read, err);
}

enum problem find_names_read_sets(struct find_names *names, struct pg_connection *connection,
                                  uint32_t mask, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    struct pg_params params = {0};
    int64_t kinds[JOB_SET_COUNT];
    size_t count = 0;

    arena_init(&arena, ARENA_MAX);
    for (int kind = 0; kind < JOB_SET_COUNT; kind++)
        if (mask & (1u << kind))
            kinds[count++] = kind;
    param_numbers(&params, &arena, kinds, count);
    add_rows(names, MARK_CHUNK_BLOCKS, &params, &arena);
    return take(connection,
                pg_ask(connection,
                       "SELECT s.jobs FROM unnest($1::int8[]) AS k (kind) CROSS JOIN "
                       "unnest($2::int8[]) AS c (chunk) CROSS JOIN LATERAL (SELECT jobs FROM "
                       "job_set WHERE kind = k.kind AND chunk = c.chunk OFFSET 0) AS s",
                       &params),
                &names->read, err);
}

/* Doubtful jobs may have any status. */
static void add_doubtful(const struct find_names *names, struct job_bits *jobs)
{
    for (size_t i = 0; i < names->doubtful_count; i++)
        if (names->doubtful[i] < names->blocks * JOB_BLOCK)
            job_bits_add(jobs, names->doubtful[i]);
}

static enum problem read_group(struct find_names *names, struct pg_connection *connection,
                               struct find_group *group, uint32_t statuses, struct err *err)
{
    enum problem problem;

    if (group->kind == GROUP_OF_STATUSES) {
        problem = find_names_read_sets(names, connection, statuses, err);
        add_doubtful(names, &names->read);
    } else
        problem = find_names_read_words(names, connection, group->words, group->count, err);
    if (group->kind != GROUP_OF_STATUSES)
        job_bits_meet(&names->sample, &group->jobs);
    names->jobs = (double)job_bits_meet(&names->passed, &names->read);
    group->read = true;
    return problem;
}

enum problem find_names_know(struct find_names *names, struct pg_connection *connection,
                             const struct query *query, double wanted, struct err *err)
{
    struct find_group *group;
    enum problem problem = PROBLEM_NONE;

    if (!job_bits_init(&names->passed, 0, (size_t)names->blocks) ||
        !job_bits_init(&names->read, 0, (size_t)names->blocks))
        return problem_no_memory(err);
    job_bits_fill(&names->passed);
    while (problem == PROBLEM_NONE && (group = choose(names, query, wanted)) != NULL)
        problem = read_group(names, connection, group, query->statuses, err);
    return problem;
}

double find_names_promise(const struct find_names *names, const struct query *query, double wanted)
{
    struct find_names next = *names;
    double cost = 0;

    for (size_t i = 0; i < names->words.group_count; i++) {
        const struct find_group *group = &names->words.groups[i];
        if (group->read || !is_worth(&next, group, query, group->share, wanted))
            continue;
        cost += cost_of(&next, group);
        next.jobs *= group->share;
    }
    return cost + page_us(&next, query, next.jobs, wanted);
}
