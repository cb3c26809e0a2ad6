/* Find: chooses the ways that could answer a query, lets them race, and loads the page. */
#include "store/sqlite/find/page.h"
#include "store/sqlite/find/runner.h"

/*
 * What a page costs, with N jobs of which M match, and what bounds it (doc/find.md has figures):
 *
 * - Without a name filter, by creation, state or result: the page itself, from at most 1,100
 *   streams (100 types in 11 statuses). By date with filters by status only, and by name without
 *   filters, likewise. By type: a seek a type there is, or M.
 * - By date or name with other filters: the order's index is walked, where SQLite itself skips
 *   other types and users, against the filters' own jobs being gathered whole. Each tells how far
 *   it has come, and who promises to be done first gets most of the time: so little more than
 *   min(rows before the page is full, M), a few times as much where jobs are spread unevenly. Where
 *   filter and order have nothing to do with each other that is about sqrt(n N) rows for a page of
 *   n. Not bounded: filters that many match but whose jobs come last in the order (M rows).
 * - With a name filter, candidates have all of the pattern's grams, its types and its user in
 *   common, which is found out by intersecting bitmaps of the index's segments; each is read and
 *   compared, by type one type after the other. A walk by name reads only between the first and the
 *   last name that can match. By date, state or result bounded as without a name filter only: a
 *   sieve then asks the index for many jobs at once, so that few are read to compare their names.
 * - The jobs that the name index lacks, INDEX_BEHIND_MAX at most, are read one by one in addition.
 */

/* The ways that are tried for one query. */
struct plan {
    struct runner *runners[RUNNERS_MAX];
    size_t count;
};

static bool add(struct search *search, struct plan *plan, enum runner_kind kind,
                enum source_kind candidates, bool tested)
{
    struct runner *runner = runner_new(search, kind, candidates, tested);

    if (runner == NULL)
        return false;
    plan->runners[plan->count++] = runner;
    return true;
}

static bool has_filter(const struct search *search)
{
    const struct scope *scope = &search->scope;

    return scope->statuses != STATUS_MASK_ALL || scope->type_count > 0 || scope->person != 0;
}

/* Whether the walk's index has all that the filters look at, and the streams of nothing else. */
static bool walk_is_exact(const struct search *search)
{
    const struct scope *scope = &search->scope;

    if (search->by_name || scope->type_count > 0 || scope->person != 0)
        return false;
    return search->query->order != ORDER_NAME || scope->statuses == STATUS_MASK_ALL;
}

/*
 * Whether it may pay to read all of the filters' jobs. A walk by date, or value by value, reads the
 * same streams itself where only statuses are asked for.
 */
static bool worth_reading_all(const struct search *search)
{
    const struct scope *scope = &search->scope;

    if (search->query->order == ORDER_NAME)
        return has_filter(search);
    if (search->query->order == ORDER_TYPE)
        return has_filter(search) && scope->type_count == 0;
    if (search->query->order == ORDER_STATE || search->query->order == ORDER_RESULT)
        return false;
    return scope->type_count > 0 || scope->person != 0;
}

/* Without a name filter the streams are exact. */
static bool add_all(struct search *search, struct plan *plan)
{
    enum runner_kind kind = search->by_name ? RUNNER_ALL : RUNNER_GATHER;

    return add(search, plan, kind, SOURCE_STREAMS, search->by_name);
}

static bool plan_walk(struct search *search, struct plan *plan)
{
    bool exact = walk_is_exact(search);
    bool good = add(search, plan, RUNNER_WALK, SOURCE_STREAMS, !exact);

    if (good && search->by_name)
        good = add(search, plan, RUNNER_ALL, SOURCE_NAMES, true);
    if (good && !exact && worth_reading_all(search))
        good = add_all(search, plan);
    return good;
}

/*
 * By type, and by name, which the name index has both. With a filter by type the streams are those
 * of few types; else they are no better in this order than in any other.
 */
static bool plan_types(struct search *search, struct plan *plan)
{
    bool good = add(search, plan, RUNNER_ORDERED, SOURCE_NAMES, true) &&
                add(search, plan, RUNNER_ALL, SOURCE_NAMES, true);

    if (good && search->scope.type_count > 0)
        return add(search, plan, RUNNER_ORDERED, SOURCE_STREAMS, true);
    return good && (!worth_reading_all(search) || add_all(search, plan));
}

/* The order is that of the streams themselves. */
static bool plan_streams(struct search *search, struct plan *plan)
{
    bool by_value = search->query->order != ORDER_CREATED && search->query->order != ORDER_NAME;

    if (!search->by_name)
        return add(search, plan, RUNNER_ORDERED, SOURCE_STREAMS, false) &&
               (!by_value || !worth_reading_all(search) || add_all(search, plan));
    if (search->query->order == ORDER_TYPE)
        return plan_types(search, plan);
    if (by_value)
        return add(search, plan, RUNNER_ORDERED, SOURCE_STREAMS, true) &&
               add(search, plan, RUNNER_ALL, SOURCE_NAMES, true);
    return add(search, plan, RUNNER_ORDERED, SOURCE_NAMES, true) &&
           (!has_filter(search) || add(search, plan, RUNNER_ORDERED, SOURCE_STREAMS, true));
}

static bool make_plan(struct search *search, struct plan *plan)
{
    switch (search->query->order) {
    case ORDER_NAME:
        /* All of exactly one name are in the order of their creation. */
        if (search->by_name && search->query->match == MATCH_EXACT)
            return plan_streams(search, plan);
        return plan_walk(search, plan);
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        return plan_walk(search, plan);
    case ORDER_CREATED:
    case ORDER_TYPE:
    case ORDER_STATE:
    case ORDER_RESULT:
        break;
    }
    return plan_streams(search, plan);
}

static enum problem load_page(struct search *search, const struct best *best,
                              struct store_find *find)
{
    size_t count = best->count < search->want ? best->count : search->want - 1;
    struct job *jobs = NULL;
    enum problem problem = page_room(search, find, count, &jobs);

    if (problem != PROBLEM_NONE)
        return problem;
    find->count = count;
    find->more = best->count > count;
    for (size_t i = 0; i < count && problem == PROBLEM_NONE; i++)
        problem = page_load(search, find, best->entries[i].place.position, &jobs[i]);
    return problem;
}

static enum problem run(struct search *search, struct store_find *find)
{
    struct plan plan = {.count = 0};
    struct runner *first = NULL;
    enum problem problem = PROBLEM_NONE;

    if (search->scope.statuses == 0) {
        struct best none = {.count = 0};
        return load_page(search, &none, find);
    }
    if (page_is_direct(search))
        return page_read(search, find);
    if (!make_plan(search, &plan))
        problem = problem_no_memory(search->err);
    if (problem == PROBLEM_NONE)
        problem = runner_race(search, plan.runners, plan.count, &first);
    if (problem == PROBLEM_NONE)
        problem = load_page(search, &first->best, find);
    for (size_t i = 0; i < plan.count; i++)
        runner_release(plan.runners[i]);
    return problem;
}

enum problem sqlite_find(struct sqlite_store *store, struct sqlite_reader *reader,
                         struct store_find *find)
{
    struct search search;
    enum problem problem = search_init(&search, reader, find);

    (void)store;
    if (problem == PROBLEM_NONE)
        problem = run(&search, find);
    search_release(&search);
    return problem;
}
