/* Runners: how each finds, and the race between them. */
#include "store/sqlite/runner.h"

/* Candidates in the first turn; each turn is twice the one before. */
#define TURN_FIRST 64
/* Candidates read at once. */
#define PIECE_MAX 1024

struct runner *runner_new(struct search *search, enum runner_kind kind, enum source_kind candidates,
                          bool tested)
{
    struct runner *runner = ARENA_NEW(&search->scratch, struct runner);

    if (runner == NULL)
        return NULL;
    runner->kind = kind;
    runner->candidates = candidates;
    runner->tested = tested;
    if (kind == RUNNER_WALK && walk_init(search, &runner->walk) != PROBLEM_NONE) {
        runner_release(runner);
        return NULL;
    }
    return runner;
}

void runner_release(struct runner *runner)
{
    best_release(&runner->best);
    values_release(&runner->values);
    if (runner->kind == RUNNER_WALK)
        walk_release(&runner->walk);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void spend(size_t *budget, size_t cost)
{
    *budget -= smaller(*budget, cost);
}

/* The source of the next value; all values at once unless the runner is ordered. */
static enum problem open_source(struct search *search, struct runner *runner)
{
    int64_t below = INT64_MAX;
    bool more = true;
    enum problem problem = PROBLEM_NONE;

    if (runner->kind == RUNNER_ORDERED)
        problem = values_next(search, &runner->values, &runner->scope, &below, &more);
    else
        runner->scope = search->scope;
    runner->done = !more;
    runner->has_source = more;
    if (problem != PROBLEM_NONE || !more)
        return problem;
    return source_init(search, &runner->source, runner->candidates, &runner->scope, below);
}

static enum problem no_memory_unless(struct search *search, bool good)
{
    return good ? PROBLEM_NONE : problem_no_memory(search->err);
}

static enum problem take_candidate(struct search *search, struct runner *runner, int64_t position)
{
    struct place place;
    bool matches;
    enum problem problem;

    if (!runner->tested) {
        best_append(&runner->best, position);
        return PROBLEM_NONE;
    }
    problem = search_probe(search, &runner->scope, position, &matches, &place);
    if (problem != PROBLEM_NONE || !matches)
        return problem;
    if (runner->kind == RUNNER_ORDERED)
        best_append(&runner->best, position);
    else if (!search->has_after || search_compare(search, &place, &search->after) > 0)
        return no_memory_unless(search, best_add(search, &runner->best, &place));
    return PROBLEM_NONE;
}

static enum problem take_candidates(struct search *search, struct runner *runner)
{
    bool stops = runner->kind == RUNNER_ORDERED;

    for (size_t i = 0; i < runner->source.count && !runner->done; i++) {
        enum problem problem = take_candidate(search, runner, runner->source.positions[i]);
        if (problem != PROBLEM_NONE)
            return problem;
        runner->done = stops && best_is_full(search, &runner->best);
    }
    return PROBLEM_NONE;
}

static enum problem advance_source(struct search *search, struct runner *runner, size_t *budget)
{
    size_t rest = search->want - runner->best.count;
    size_t limit = runner->tested ? smaller(*budget, PIECE_MAX) : rest;
    enum problem problem = PROBLEM_NONE;

    if (!runner->has_source)
        problem = open_source(search, runner);
    if (problem == PROBLEM_NONE && !runner->done)
        problem = source_read(search, &runner->source, limit);
    if (problem == PROBLEM_NONE && !runner->done)
        problem = take_candidates(search, runner);
    spend(budget, 1 + runner->source.list_count / 4 + runner->source.count);
    if (runner->source.ended) {
        runner->has_source = false;
        runner->done = runner->done || runner->kind == RUNNER_ALL;
    }
    return problem;
}

/* By name only the statuses are not in the index, by date only the name. */
static bool entry_needs_probe(const struct search *search, const struct runner *runner)
{
    return runner->walk.by_name ? search->scope.statuses != STATUS_MASK_ALL : search->by_name;
}

static bool entry_may_match(const struct search *search, const struct runner *runner,
                            const struct walk_entry *entry)
{
    if (search->scope.person != 0 && entry->person != search->scope.person)
        return false;
    if (!scope_has_type(&search->scope, entry->type))
        return false;
    return !runner->walk.by_name || !search->by_name ||
           search_name_matches(search, entry->place.text);
}

static enum problem take_entry(struct search *search, struct runner *runner,
                               const struct walk_entry *entry)
{
    struct place place;
    bool matches = entry_may_match(search, runner, entry);
    enum problem problem = PROBLEM_NONE;

    if (matches && entry_needs_probe(search, runner))
        problem = search_probe(search, &search->scope, entry->place.position, &matches, &place);
    if (problem == PROBLEM_NONE && matches)
        best_append(&runner->best, entry->place.position);
    return problem;
}

static enum problem advance_walk(struct search *search, struct runner *runner, size_t *budget)
{
    size_t rest = search->want - runner->best.count;
    size_t limit = runner->tested ? smaller(*budget, PIECE_MAX) : rest;
    enum problem problem = walk_read(search, &runner->walk, limit);

    for (size_t i = 0; problem == PROBLEM_NONE && i < runner->walk.count && !runner->done; i++) {
        problem = take_entry(search, runner, &runner->walk.entries[i]);
        runner->done = best_is_full(search, &runner->best);
    }
    runner->done = runner->done || runner->walk.ended;
    spend(budget, runner->walk.cost + 1);
    return problem;
}

static enum problem advance(struct search *search, struct runner *runner, size_t budget)
{
    enum problem problem = PROBLEM_NONE;

    while (problem == PROBLEM_NONE && !runner->done && budget > 0) {
        if (runner->kind == RUNNER_WALK)
            problem = advance_walk(search, runner, &budget);
        else
            problem = advance_source(search, runner, &budget);
    }
    return problem;
}

enum problem runner_race(struct search *search, struct runner **runners, size_t count,
                         struct runner **ret_first)
{
    size_t turn = count > 1 ? TURN_FIRST : SIZE_MAX;

    for (;; turn *= 2) {
        for (size_t i = 0; i < count; i++) {
            enum problem problem = advance(search, runners[i], turn);
            if (problem != PROBLEM_NONE)
                return problem;
            if (runners[i]->done) {
                *ret_first = runners[i];
                return PROBLEM_NONE;
            }
        }
    }
}
