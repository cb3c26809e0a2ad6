/* Find: tries the ways to answer a query, each for a while, until one has the page. */
#include "store/postgres/find/sql.h"

#include "base/scope.h"
#include "store/name_key.h"
#include "store/postgres/find/costs.h"
#include "store/postgres/find/promise.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

#include <math.h>

/*
 * What a page costs, with N jobs of which M match, and what bounds it:
 *
 * - Without a name filter, by creation, state or result: the page itself, from an index stream for
 *   each type and status (more than 66: a page of each). By date with filters by status only, and
 *   by name without filters, likewise. By type: a seek for each type and status there is, or M.
 * - By date or name with other filters: the order's index is walked and tested, or the filters' own
 *   jobs are read whole, whichever ends first; that is about sqrt(n N) rows for a page of n where
 *   filter and order have nothing to do with each other. Not bounded: filters that many match but
 *   whose jobs come last in the order.
 * - With a name filter the same for a short while, which is enough for a frequent pattern. Then the
 *   name index is asked (names.h). What it lets through is read by position where that is little;
 *   else the walks and the filters' jobs are tested by a sieve of it, and read from their indexes
 *   alone, which takes a tenth of the time. By name a walk reads only the ranges of names that have
 *   all of the pattern's grams. Not bounded: filters by status that many match but not with that
 *   name, and patterns whose grams are frequent but do not follow each other.
 *
 * Nothing is kept between two tries of a way: each begins anew and goes PATIENCE times as far at
 * least, so that what was read in vain is at most as much as the last try reads. As soon as the
 * index has been asked, a way that promises to take much longer is not tried yet (promise.h).
 */
#define BUDGET_FIRST 500 /* microseconds */
#define GROWTH 4
#define BUDGET_MAX (INT64_C(1) << 40)

/* Of the parameters of statements. */
#define SEARCH_MEMORY_MAX ((size_t)256 << 20)

/* What the tries of a find share. */
struct finding {
    struct pg_connection *connection;
    struct store_find *find;
    struct find_search search;
    struct find_names names;
    struct arena arena; /* of the search, for one try */
    bool done;
    bool long_names; /* the page has names that their keys do not put in order */
};

static void release(struct finding *finding)
{
    find_names_release(&finding->names);
    arena_release(&finding->arena);
}

/* Names and types never change, so a cursor has them read again at its position. */
static enum problem read_place(struct finding *finding, struct find_place *ret_place)
{
    struct store_find *find = finding->find;
    struct pg_params params = {0};
    const PGresult *result;
    struct pg_row row;

    *ret_place = (struct find_place){.numbers = *find->after};
    if (find->query->order != ORDER_NAME && find->query->order != ORDER_TYPE)
        return PROBLEM_NONE;
    param_number(&params, find->after->position);
    result = pg_ask(finding->connection, "SELECT name_folded, type FROM job WHERE position = $1",
                    &params);
    if (result == NULL)
        return pg_failed(finding->connection, &find->call.err);
    if (pg_rows(result) == 0)
        return PROBLEM_INVALID_CURSOR;
    row = pg_first(result);
    ret_place->text = row_text(row, find->query->order == ORDER_NAME ? 0 : 1, find->arena);
    if (ret_place->text.ptr == NULL)
        return problem_no_memory(&find->call.err);
    pg_clear(finding->connection);
    return PROBLEM_NONE;
}

static int64_t verdict_of(struct pg_row row)
{
    return row_number(row, FIND_VERDICT, 0);
}

/* Rows without a job: that of a budget's end, and that of a way that found nothing. */
static size_t count_jobs(const PGresult *result)
{
    size_t count = 0;

    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        count += verdict_of(row) != FIND_BUDGET_ENDS && !row_is_null(row, FIND_RANK);
    }
    return count;
}

/* Whether the budget was enough: the page is full, or there are no more candidates. */
static bool is_done(const struct finding *finding, const struct find_way *way, int64_t budget,
                    const PGresult *result)
{
    size_t rows = pg_rows(result);

    if (!way->tested)
        return true;
    if (way->all)
        return row_number(pg_first(result), FIND_SEEN, 0) < budget;
    return count_jobs(result) > finding->find->query->page_size || rows == 0 ||
           row_number((struct pg_row){result, (int)rows - 1}, FIND_RANK, 0) < budget;
}

static bool has_long_names(const PGresult *result)
{
    for (size_t i = 0; i < pg_rows(result); i++)
        if (verdict_of((struct pg_row){result, (int)i}) == FIND_MATCHES_LONG)
            return true;
    return false;
}

/* The jobs come first: what is no job has the highest rank. */
static enum problem read_page(const PGresult *result, struct store_find *find)
{
    size_t found = count_jobs(result);
    size_t count = found < find->query->page_size ? found : find->query->page_size;
    struct job *jobs = ARENA_ARRAY(find->arena, struct job, count);
    const struct job **list = ARENA_ARRAY(find->arena, const struct job *, count);
    enum problem problem = PROBLEM_NONE;

    if (jobs == NULL || list == NULL)
        return problem_no_memory(&find->call.err);
    for (size_t i = 0; i < count && problem == PROBLEM_NONE; i++) {
        problem =
            pg_job_row((struct pg_row){result, (int)i}, find->arena, &jobs[i], &find->call.err);
        list[i] = &jobs[i];
    }
    find->jobs = list;
    find->count = count;
    find->more = found > count;
    return problem;
}

static enum problem try_way(struct finding *finding, const struct find_way *way, int64_t budget)
{
    AUTO(buf_release) struct buf sql = BUF(1 << 17);
    struct pg_params params = {0};
    const PGresult *result;
    enum problem problem = PROBLEM_NONE;

    arena_clear(&finding->arena);
    find_sql(&finding->search, way, budget, &sql, &params);
    if (buf_failed(&sql))
        return problem_no_memory(&finding->find->call.err);
    result = pg_ask(finding->connection, buf_span(&sql).ptr, &params);
    if (result == NULL)
        return pg_failed(finding->connection, &finding->find->call.err);
    finding->done = is_done(finding, way, budget, result);
    finding->long_names = finding->done && has_long_names(result);
    if (finding->done && !finding->long_names)
        problem = read_page(result, finding->find);
    pg_clear(finding->connection);
    return problem;
}

/* A way that promises to be done in time, or in little more, is given that. */
#define PATIENCE 2

/* Of that, a sieve may take this part to make. */
#define SIEVE_PART 4

/* Finds out about names; whether what is listed can be read in time then. */
static enum problem look_at_names(struct finding *finding, const struct find_way *way,
                                  double microseconds, bool *ret_worth)
{
    struct store_find *find = finding->find;
    struct find_names *names = &finding->names;
    double wanted = way->all ? INFINITY : (double)find->query->page_size + 1;
    struct find_effort effort = {microseconds, wanted, microseconds / SIEVE_PART};
    enum problem problem =
        find_names_know(names, finding->connection, find->query, effort, &find->call.err);

    *ret_worth = names->known && (!way->all || names->jobs * FIND_LISTED_US <= microseconds);
    return problem;
}

static enum problem try_within(struct finding *finding, struct find_way *way, double microseconds)
{
    enum problem problem = PROBLEM_NONE;
    double promise;
    bool worth;
    int64_t rows;

    if (way->source == FIND_LISTED) {
        microseconds *= PATIENCE;
        problem = look_at_names(finding, way, microseconds, &worth);
    } else {
        promise = find_promise(&finding->search, way);
        worth = promise <= PATIENCE * microseconds;
        if (microseconds < PATIENCE * promise)
            microseconds = PATIENCE * promise;
    }
    rows = (int64_t)(microseconds / find_row_us(&finding->search, way));
    if (problem != PROBLEM_NONE || !worth || rows < PATIENCE * way->tried)
        return problem;
    way->tried = rows;
    return try_way(finding, way, rows);
}

/* All ways in turn, each as far as the budget goes, which grows. */
static enum problem try_ways(struct finding *finding, struct find_way *ways, size_t count)
{
    int64_t budget = BUDGET_FIRST;
    enum problem problem = PROBLEM_NONE;

    for (int round = 0; !finding->done && problem == PROBLEM_NONE; round++) {
        for (size_t i = 0; i < count && !finding->done && problem == PROBLEM_NONE; i++)
            if (ways[i].from_round <= round)
                problem = try_within(finding, &ways[i], (double)budget);
        budget = budget < BUDGET_MAX ? budget * GROWTH : budget;
    }
    return problem;
}

/* Names that share a key of full length: what is behind it decides, and is read for all of them. */
static enum problem try_whole_names(struct finding *finding)
{
    struct find_way way = {.source = FIND_NAMES, .tested = true, .whole_names = true};

    finding->done = false;
    return try_ways(finding, &way, 1);
}

enum problem pg_find(struct pg_connection *connection, struct store_find *find)
{
    AUTO(release) struct finding finding = {.connection = connection, .find = find};
    struct find_way ways[FIND_WAYS_MAX];
    struct find_place place;
    enum problem problem = PROBLEM_NONE;

    arena_init(&finding.arena, SEARCH_MEMORY_MAX);
    finding.search = (struct find_search){find->query, NULL, &finding.arena, &finding.names};
    find->count = 0;
    find->more = false;
    if (find->query->statuses == 0)
        return PROBLEM_NONE;
    if (find->after != NULL) {
        problem = read_place(&finding, &place);
        finding.search.place = &place;
    }
    if (problem != PROBLEM_NONE)
        return problem;
    finding.long_names =
        find->query->order == ORDER_NAME && find->after != NULL && place.text.len > NAME_KEY_WHOLE;
    if (!finding.long_names)
        problem = try_ways(&finding, ways, find_ways(&finding.search, ways));
    if (problem == PROBLEM_NONE && finding.long_names)
        problem = try_whole_names(&finding);
    return problem;
}
