/* Find: tries the ways to answer a query, each for a while, until one has the page. */
#include "store/postgres/find/find.h"

#include "base/scope.h"
#include "store/name_key.h"
#include "store/postgres/find/costs.h"
#include "store/postgres/find/listing.h"
#include "store/postgres/find/promise.h"
#include "store/postgres/find/sql.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"

/*
 * What a page costs, with N jobs of which M match, and what bounds it:
 *
 * - Without a name filter, by creation, state or result: the page itself, from an index stream for
 *   each type and status (more than 66: a page of each). By date with filters by status only, and
 *   by name without filters, likewise. By type: a seek for each type and status there is, or M.
 * - Else the same for a short while, which is enough where many match. Then the index is asked
 *   (names.h), which costs some milliseconds at most: N bits a word. Of the candidates that it lets
 *   through those are listed that come first in the order (listing.h), a page and what is passed
 *   over in vain, and of these the best are kept. Not bounded: patterns whose grams are frequent
 *   but do not follow each other, and very many jobs that have one date.
 * - What the index is not asked for, because it is far behind, or a way promises to be done before
 *   it had answered (promise.h), is walked through in the order's index and tested, or the filters'
 *   own jobs are read whole, whichever ends first.
 *
 * Nothing is kept between two tries of a way: each begins anew and goes PATIENCE times as far at
 * least, so that what was read in vain is at most as much as the last try reads.
 */
#define BUDGET_FIRST 500 /* microseconds */
#define GROWTH 4
#define BUDGET_MAX (INT64_C(1) << 40)

/* Jobs that the index lacks are read with those it lists, up to so many. */
#define LACKING_MAX 8192

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
    bool ended; /* another listing has no more: all were listed, or too many jobs are not indexed */
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

/* Whether the page is full of what comes before all that is not listed. */
static bool is_listed(const struct finding *finding, const PGresult *result)
{
    return finding->search.listing->whole || count_jobs(result) > finding->find->query->page_size;
}

/* Whether the budget was enough: the page is full, or there are no more candidates. */
static bool is_done(const struct finding *finding, const struct find_way *way, int64_t budget,
                    const PGresult *result)
{
    size_t rows = pg_rows(result);

    if (!way->tested)
        return true;
    if (way->all)
        return row_number(pg_first(result), FIND_SEEN, 0) < budget &&
               (way->source != FIND_LISTED || is_listed(finding, result));
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

static enum problem try_way(struct finding *finding, struct find_way *way, int64_t budget)
{
    AUTO(buf_release) struct buf sql = BUF(1 << 17);
    struct pg_params params = {0};
    const PGresult *result;
    enum problem problem = PROBLEM_NONE;

    find_sql(&finding->search, way, budget, &sql, &params);
    if (buf_failed(&sql))
        return problem_no_memory(&finding->find->call.err);
    result = pg_ask(finding->connection, buf_span(&sql).ptr, &params);
    if (result == NULL)
        return pg_failed(finding->connection, &finding->find->call.err);
    finding->done = is_done(finding, way, budget, result);
    way->found = count_jobs(result);
    finding->ended =
        way->source == FIND_LISTED &&
        (finding->search.listing->whole || row_number(pg_first(result), FIND_SEEN, 0) >= budget);
    finding->long_names = finding->done && has_long_names(result);
    if (finding->done && !finding->long_names)
        problem = read_page(result, finding->find);
    pg_clear(finding->connection);
    return problem;
}

/* What a try goes further than the one before, and a way is given more than it promised. */
#define PATIENCE 2

/* Where all are read, they are sorted as well. */
static enum problem try_within(struct finding *finding, struct find_way *way, double microseconds)
{
    double row_us = find_row_us(&finding->search, way) * (way->all ? 2 : 1);
    int64_t rows = (int64_t)(microseconds / row_us);

    if (rows < PATIENCE * way->tried)
        return PROBLEM_NONE;
    way->tried = rows;
    arena_clear(&finding->arena);
    return try_way(finding, way, rows);
}

/* All ways in turn, once. */
static enum problem try_ways(struct finding *finding, struct find_ways *ways, double microseconds)
{
    enum problem problem = PROBLEM_NONE;

    for (size_t i = 0; i < ways->count && !finding->done && problem == PROBLEM_NONE; i++)
        problem = try_within(finding, &ways->list[i], microseconds);
    return problem;
}

/* Each as far as the budget goes, which grows. */
static enum problem try_on(struct finding *finding, struct find_ways *ways)
{
    int64_t budget = BUDGET_FIRST;
    enum problem problem = PROBLEM_NONE;

    while (!finding->done && problem == PROBLEM_NONE) {
        problem = try_ways(finding, ways, (double)budget);
        budget = budget < BUDGET_MAX ? budget * GROWTH : budget;
    }
    return problem;
}

/* *wanted becomes what the next listing should have, where this one was in vain. */
static enum problem try_listing(struct finding *finding, double page, size_t *wanted)
{
    struct find_way way = {.source = FIND_LISTED, .all = true, .tested = true};
    AUTO(find_listing_release) struct find_listing listing = {0};
    enum problem problem;
    double factor;

    arena_clear(&finding->arena);
    problem = find_list(&finding->search, finding->connection, *wanted, &listing,
                        &finding->find->call.err);
    finding->search.listing = &listing;
    if (problem == PROBLEM_NONE)
        problem = try_way(finding, &way, (int64_t)listing.count + LACKING_MAX);
    finding->search.listing = NULL;
    factor = PATIENCE * page / (double)(way.found + 1);
    *wanted = (size_t)((double)*wanted * (factor < GROWTH ? factor : GROWTH)) + 1;
    return problem;
}

/* More than a page is likely to take: another listing would cost more. */
static size_t first_listing(const struct finding *finding, double page)
{
    double reads;

    if (finding->names.thorough)
        return (size_t)page;
    reads = find_names_reads(&finding->names, finding->names.jobs, page);
    return (size_t)(reads > page ? page + 1.6 * (reads - page) : page) + 16;
}

/* Where jobs share one date, a walk may be done before all of them are listed. */
static enum problem try_listings(struct finding *finding, struct find_ways *ways)
{
    double page = (double)finding->find->query->page_size + 1;
    enum problem problem = find_names_know(&finding->names, finding->connection,
                                           finding->find->query, page, &finding->find->call.err);
    size_t wanted = problem == PROBLEM_NONE ? first_listing(finding, page) : 0;

    for (int round = 0; !finding->done && !finding->ended && problem == PROBLEM_NONE; round++) {
        problem = try_listing(finding, page, &wanted);
        if (problem == PROBLEM_NONE && !finding->done && !finding->ended && round > 0 &&
            !finding->names.thorough)
            problem = try_ways(finding, ways, (double)wanted * FIND_LISTED_US);
    }
    return problem;
}

/* Found once, likely found again as often. */
#define FOUND_ENOUGH 3

/* Microseconds until a way has the page, by what was tried of it, or else as it promises. */
static double way_us(const struct finding *finding, const struct find_way *way, double page)
{
    if (way->found < FOUND_ENOUGH)
        return find_promise(&finding->search, way);
    return (double)way->tried * page / (double)way->found * find_row_us(&finding->search, way);
}

/* The way that has the query's order, if it is likely to be done before the index has told. */
static enum problem try_promising(struct finding *finding, struct find_ways *ways)
{
    double page = (double)finding->find->query->page_size + 1;
    double listing = find_names_promise(&finding->names, finding->find->query, page);
    enum problem problem = PROBLEM_NONE;

    for (size_t i = 0; i < ways->count && !finding->done && problem == PROBLEM_NONE; i++) {
        double promise = way_us(finding, &ways->list[i], page);
        if (!ways->list[i].all && PATIENCE * promise < listing)
            problem = try_within(finding, &ways->list[i], PATIENCE * promise);
    }
    return problem;
}

/* With what the index says, and if that is no help, without. */
static enum problem ask_index(struct finding *finding, struct find_ways *ways)
{
    struct store_find *find = finding->find;
    enum problem problem =
        find_names_ask(&finding->names, finding->connection, find->query,
                       find->after != NULL ? find->after->position : INT64_MAX, &find->call.err);

    if (problem == PROBLEM_NONE && !finding->names.thorough)
        problem = try_promising(finding, ways);
    if (problem == PROBLEM_NONE && !finding->done && find_can_list(&finding->names, find->query))
        problem = try_listings(finding, ways);
    if (problem == PROBLEM_NONE)
        problem = try_on(finding, ways);
    find_names_leave(finding->connection);
    return problem;
}

static enum problem find_page(struct finding *finding)
{
    struct find_ways ways;
    enum problem problem = PROBLEM_NONE;

    find_ways(&finding->search, &ways);
    if (!finding->names.thorough)
        problem = try_ways(finding, &ways, BUDGET_FIRST);
    return problem != PROBLEM_NONE || finding->done ? problem : ask_index(finding, &ways);
}

/* Names that share a key of full length: what is behind it decides, and is read for all of them. */
static enum problem try_whole_names(struct finding *finding)
{
    struct find_ways ways = {.list = {{.source = FIND_NAMES, .tested = true, .whole_names = true}},
                             .count = 1};

    finding->done = false;
    return try_on(finding, &ways);
}

enum problem pg_find(struct pg_connection *connection, struct store_find *find)
{
    return pg_find_in(FIND_AS_PAYS, connection, find);
}

enum problem pg_find_in(enum find_manner manner, struct pg_connection *connection,
                        struct store_find *find)
{
    AUTO(release)
    struct finding finding = {
        .connection = connection, .find = find, .names.thorough = manner == FIND_BY_LISTING};
    struct find_place place;
    enum problem problem = PROBLEM_NONE;

    arena_init(&finding.arena, SEARCH_MEMORY_MAX);
    finding.search = (struct find_search){find->query, NULL, &finding.arena, &finding.names, NULL};
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
        problem = find_page(&finding);
    if (problem == PROBLEM_NONE && finding.long_names)
        problem = try_whole_names(&finding);
    return problem;
}
