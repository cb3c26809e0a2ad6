/* Find: chooses the ways that could answer a query, lets them race, and loads the page. */
#include "store/sqlite/find/few.h"
#include "store/sqlite/find/page.h"
#include "store/sqlite/find/runner.h"

/*
 * What a page costs, with N jobs of which M match, and what bounds it (doc/find.md has figures):
 *
 * - Without a name filter, by creation, state or result: the page itself, from at most 1,100
 *   streams (100 types in 11 statuses). By date with filters by status only, and by name without
 *   filters, likewise. By type: a seek a type there is, or M (gather.h).
 * - Where few pass the filters by exact values: those (few.h).
 * - With a name filter, candidates have all of the pattern's grams, its types, its user and its
 *   statuses in common, which is found out by intersecting bitmaps of the index, and each is read
 *   and compared: newest first until the page is full; by state, result or type one value after
 *   the other, or all at once when they are few. So the page, and up to some milliseconds for the
 *   bitmaps of ten million jobs.
 * - By date the same candidates, or without a name filter those of the other filters, from the
 *   stretches of time in which the best dates can be (by_date.h): the page, and what was created
 *   within as much time as jobs take. Against it the dates' own index is walked, where SQLite
 *   itself skips other types and users, and a sieve asks the index for many jobs at once. Each of
 *   two ways tells how far it has come, and who promises to be done first gets most of the time.
 * - By name the same candidates, from the ranges of names that come first, of which the index has
 *   some five hundred and those that were parted since (by_name.h): all candidates where they are
 *   few, and else the page and its share of the ranges; to work out which they are takes up to some
 *   milliseconds among ten million jobs. Against it a walk through the names, which reads only
 *   between the first and the last that can match, rows until the page is full.
 * - In addition the jobs that the index lacks, INDEX_BEHIND_MAX under load, all of them after a
 *   store was moved until it has caught up, and those that changed since (doubtful.h).
 */

/* The ways that are tried for one query. */
struct plan {
    struct runner *runners[RUNNERS_MAX];
    size_t count;
};

static enum problem add(struct search *search, struct plan *plan, enum runner_kind kind,
                        enum source_kind candidates)
{
    enum problem problem = runner_new(search, kind, candidates, &plan->runners[plan->count]);

    if (problem == PROBLEM_NONE)
        plan->count++;
    return problem;
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

/* Whether the streams of an index are all that matches, in the order asked for. */
static bool is_exact(const struct search *search)
{
    switch (search->query->order) {
    case ORDER_NAME:
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        return walk_is_exact(search);
    case ORDER_TYPE:
    case ORDER_CREATED:
    case ORDER_STATE:
    case ORDER_RESULT:
        break;
    }
    return !search->by_name;
}

/* Where too many jobs are doubtful, nothing is known of their dates. */
static enum problem plan_candidates_by_date(struct search *search, struct plan *plan)
{
    enum problem problem = search_doubtful(search);

    if (problem != PROBLEM_NONE)
        return problem;
    return add(search, plan, search->doubtful.too_many ? RUNNER_ALL : RUNNER_BY_DATE, SOURCE_INDEX);
}

static enum problem plan_dates(struct search *search, struct plan *plan)
{
    enum problem problem = add(search, plan, RUNNER_WALK, SOURCE_STREAMS);

    if (problem != PROBLEM_NONE || walk_is_exact(search))
        return problem;
    return plan_candidates_by_date(search, plan);
}

static enum problem plan_names(struct search *search, struct plan *plan)
{
    enum problem problem;

    /* All of exactly one name are in the order of their creation. */
    if (search->by_name && search->query->match == MATCH_EXACT)
        return add(search, plan, RUNNER_ORDERED, SOURCE_INDEX);
    problem = add(search, plan, RUNNER_WALK, SOURCE_STREAMS);
    if (problem != PROBLEM_NONE || walk_is_exact(search))
        return problem;
    return add(search, plan, RUNNER_BY_NAME, SOURCE_INDEX);
}

/* Streams are in these orders themselves, value by value; without a name they are exact. */
static enum problem plan_values(struct search *search, struct plan *plan)
{
    bool gathers = search->query->order == ORDER_TYPE && search->scope.type_count == 0;
    enum problem problem;

    if (search->by_name)
        return add(search, plan, RUNNER_ORDERED, SOURCE_INDEX);
    problem = add(search, plan, RUNNER_ORDERED, SOURCE_STREAMS);
    if (problem != PROBLEM_NONE || !gathers || !has_filter(search))
        return problem;
    return add(search, plan, RUNNER_GATHER, SOURCE_STREAMS);
}

static enum problem make_plan(struct search *search, struct plan *plan)
{
    switch (search->query->order) {
    case ORDER_NAME:
        return plan_names(search, plan);
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        return plan_dates(search, plan);
    case ORDER_CREATED:
    case ORDER_TYPE:
    case ORDER_STATE:
    case ORDER_RESULT:
        break;
    }
    return plan_values(search, plan);
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

static enum problem race(struct search *search, struct store_find *find)
{
    struct plan plan = {.count = 0};
    struct runner *first = NULL;
    enum problem problem = make_plan(search, &plan);

    if (problem == PROBLEM_NONE)
        problem = runner_race(search, plan.runners, plan.count, &first);
    if (problem == PROBLEM_NONE)
        problem = load_page(search, &first->best, find);
    for (size_t i = 0; i < plan.count; i++)
        runner_release(plan.runners[i]);
    return problem;
}

static enum problem run(struct search *search, struct store_find *find)
{
    struct best best = {.count = 0};
    enum problem problem = PROBLEM_NONE;
    bool few = false;

    if (search->scope.statuses == 0)
        return load_page(search, &best, find);
    if (page_is_direct(search))
        return page_read(search, find);
    if (has_filter(search) && !is_exact(search))
        problem = few_read(search, &best, &few);
    if (problem == PROBLEM_NONE)
        problem = few ? load_page(search, &best, find) : race(search, find);
    best_release(&best);
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
