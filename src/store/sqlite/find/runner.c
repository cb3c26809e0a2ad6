/* Runners: how each finds, and the race between them. */
#include "store/sqlite/find/runner.h"

#include <math.h>
#include <time.h>

/* Candidates or rows of a piece: each is twice as large as the one before, and none takes so long
 * that the other way could have ended meanwhile. */
#define PIECE_FIRST 32
#define PIECE_MAX 128

/*
 * Who promises to be done later gets a fifth of the time: in case the promises, which take the jobs
 * to be spread evenly, are wrong.
 */
#define SHARE_OF_SLOWER 4

/* To read so many jobs for each that is wanted, or so many for all types there are, takes less time
 * than to look for those of one value after another. */
#define FEW 8
#define FEW_FOR_TYPES 512

/* How many statuses an index is asked for rather than the table for a job. */
#define STATUS_SEEKS_MAX 3

static enum problem runner_init(struct search *search, struct runner *runner)
{
    switch (runner->kind) {
    case RUNNER_WALK:
        return walk_init(search, &runner->walk);
    case RUNNER_GATHER:
        return gather_init(search, &runner->gather);
    case RUNNER_BY_DATE:
        return by_date_init(search, &runner->by_date);
    case RUNNER_BY_NAME:
        return by_name_init(search, &runner->by_name);
    case RUNNER_ORDERED:
    case RUNNER_ALL:
        break;
    }
    return PROBLEM_NONE;
}

enum problem runner_new(struct search *search, enum runner_kind kind, enum source_kind candidates,
                        struct runner **ret_runner)
{
    struct runner *runner = ARENA_NEW(&search->scratch, struct runner);
    enum problem problem;

    if (runner == NULL)
        return problem_no_memory(search->err);
    runner->kind = kind;
    runner->candidates = candidates;
    runner->piece = PIECE_FIRST;
    problem = runner_init(search, runner);
    if (problem == PROBLEM_NONE)
        *ret_runner = runner;
    else
        runner_release(runner);
    return problem;
}

void runner_release(struct runner *runner)
{
    best_release(&runner->best);
    values_release(&runner->values);
    source_release(&runner->source);
    sieve_release(&runner->sieve);
    if (runner->kind == RUNNER_BY_DATE)
        by_date_release(&runner->by_date);
    if (runner->kind == RUNNER_BY_NAME)
        by_name_release(&runner->by_name);
    if (runner->kind == RUNNER_WALK)
        walk_release(&runner->walk);
}

static bool is_by_value(const struct search *search)
{
    enum query_order order = search->query->order;

    return order == ORDER_STATE || order == ORDER_RESULT || order == ORDER_TYPE;
}

static size_t few(const struct search *search)
{
    size_t number = FEW * search->want;
    bool many = search->query->order == ORDER_TYPE && search->scope.type_count == 0;

    return many && number < FEW_FOR_TYPES ? FEW_FOR_TYPES : number;
}

/* Few candidates are not read value by value. */
static enum problem reconsider(struct search *search, struct runner *runner)
{
    size_t limit = few(search) + 1, count;
    int64_t *ordinals = ARENA_ARRAY(&search->scratch, int64_t, limit);
    enum problem problem =
        source_init(search, &runner->source, SOURCE_INDEX, &search->scope, INT64_MAX);

    if (problem != PROBLEM_NONE || !search->index.complete)
        return problem;
    if (ordinals == NULL)
        return problem_no_memory(search->err);
    problem = index_filter_list(search, &runner->source.filter, INT64_MAX, limit, ordinals, &count);
    if (problem == PROBLEM_NONE && count < limit)
        runner->kind = RUNNER_ALL;
    return problem;
}

/* The source of the next value; all values at once unless the runner is ordered. */
static enum problem open_source(struct search *search, struct runner *runner)
{
    bool more = true;
    int64_t below = INT64_MAX;
    enum problem problem = PROBLEM_NONE;

    if (runner->kind == RUNNER_ORDERED && runner->candidates == SOURCE_INDEX &&
        is_by_value(search) && !runner->source.filter.in_use)
        problem = reconsider(search, runner);
    if (problem == PROBLEM_NONE && runner->kind == RUNNER_ORDERED)
        problem = values_next(search, &runner->values, &runner->scope, &below, &more);
    else
        runner->scope = search->scope;
    runner->done = !more;
    runner->has_source = more;
    if (problem != PROBLEM_NONE || !more)
        return problem;
    return source_init(search, &runner->source, runner->candidates, &runner->scope, below);
}

static bool few_statuses(const struct search *search)
{
    return __builtin_popcount(search->scope.statuses) <= STATUS_SEEKS_MAX;
}

static enum problem take_probed(struct search *search, struct runner *runner, int64_t position)
{
    struct place place;
    bool matches;
    enum problem problem;

    if (runner->kind != RUNNER_ORDERED)
        return best_probe(search, &runner->best, position);
    problem = search_probe(search, &runner->scope, position, &matches, &place);
    if (problem == PROBLEM_NONE && matches)
        best_append(&runner->best, position);
    return problem;
}

/* What streams yield matches. */
static bool is_tested(const struct runner *runner)
{
    return runner->candidates == SOURCE_INDEX;
}

static enum problem take_candidate(struct search *search, struct runner *runner, int64_t position)
{
    if (is_tested(runner))
        return take_probed(search, runner, position);
    best_append(&runner->best, position);
    return PROBLEM_NONE;
}

static enum problem take_candidates(struct search *search, struct runner *runner)
{
    bool stops = runner->kind == RUNNER_ORDERED;
    enum problem problem = PROBLEM_NONE;

    for (size_t i = 0; problem == PROBLEM_NONE && i < runner->source.count && !runner->done; i++) {
        problem = take_candidate(search, runner, runner->source.positions[i]);
        runner->done = stops && best_is_full(search, &runner->best);
    }
    return problem;
}

/* What of the filters an entry's index does not tell. */
enum unknown { UNKNOWN_NOTHING, UNKNOWN_STATUS, UNKNOWN_NAME };

/* By name only the statuses are not in the index, by date only the name. */
static enum unknown unknown_of(const struct search *search, const struct walk *walk)
{
    if (!walk->by_name)
        return search->by_name ? UNKNOWN_NAME : UNKNOWN_NOTHING;
    return search->scope.statuses != STATUS_MASK_ALL ? UNKNOWN_STATUS : UNKNOWN_NOTHING;
}

/* Whether all that it comes by matches. */
static bool is_exact(const struct search *search, const struct runner *runner)
{
    const struct walk *walk = &runner->walk;

    if (runner->kind == RUNNER_WALK)
        return !search->by_name && !walk->tested && unknown_of(search, walk) == UNKNOWN_NOTHING;
    return runner->kind == RUNNER_ORDERED && !is_tested(runner);
}

/*
 * How much to read now: exactly what is wanted, or the next piece. Who stops at a full page reads
 * small pieces for as long as they bring something.
 */
static size_t next_piece(const struct search *search, struct runner *runner)
{
    bool fruitful = runner->kind == RUNNER_ORDERED && runner->best.count > runner->before;
    size_t piece = fruitful ? PIECE_FIRST : runner->piece;

    if (is_exact(search, runner))
        return search->want - runner->best.count;
    runner->before = runner->best.count;
    runner->piece = piece < PIECE_MAX ? 2 * piece : piece;
    return piece;
}

static enum problem advance_source(struct search *search, struct runner *runner)
{
    struct source *source = &runner->source;
    enum problem problem = PROBLEM_NONE;

    if (!runner->has_source)
        problem = open_source(search, runner);
    if (problem != PROBLEM_NONE || runner->done)
        return problem;
    problem = source_read(search, source, next_piece(search, runner));
    if (problem == PROBLEM_NONE)
        problem = take_candidates(search, runner);
    if (source->ended) {
        runner->has_source = false;
        runner->done = runner->done || runner->kind == RUNNER_ALL;
    }
    return problem;
}

static enum problem test_entry(struct search *search, enum unknown unknown, int64_t position,
                               bool *ret_matches)
{
    struct place place;

    *ret_matches = true;
    if (unknown == UNKNOWN_NOTHING)
        return PROBLEM_NONE;
    if (unknown == UNKNOWN_STATUS && few_statuses(search))
        return search_has_status(search, position, ret_matches);
    return search_probe(search, &search->scope, position, ret_matches, &place);
}

static enum problem take_entry(struct search *search, struct runner *runner, enum unknown unknown,
                               int64_t position)
{
    bool matches;
    enum problem problem = test_entry(search, unknown, position, &matches);

    if (problem == PROBLEM_NONE && matches)
        best_append(&runner->best, position);
    return problem;
}

static enum problem sift_walk(struct search *search, struct runner *runner)
{
    const struct walk *walk = &runner->walk;

    if (!sieve_clear(search, &runner->sieve, walk->count))
        return problem_no_memory(search->err);
    for (size_t i = 0; i < walk->count; i++)
        sieve_add(&runner->sieve, walk->entries[i].position);
    return sieve_shake(search, &runner->sieve);
}

static enum problem advance_walk(struct search *search, struct runner *runner)
{
    struct walk *walk = &runner->walk;
    enum unknown unknown = unknown_of(search, walk);
    bool sifts = unknown == UNKNOWN_NAME;
    enum problem problem = walk_read(search, walk, next_piece(search, runner));

    if (problem == PROBLEM_NONE && sifts)
        problem = sift_walk(search, runner);
    for (size_t i = 0; problem == PROBLEM_NONE && i < walk->count && !runner->done; i++) {
        if (sifts && !sieve_has(&runner->sieve, walk->entries[i].position))
            continue;
        problem = take_entry(search, runner, unknown, walk->entries[i].position);
        runner->done = best_is_full(search, &runner->best);
    }
    runner->done = runner->done || walk->ended;
    return problem;
}

static enum problem advance_gather(struct search *search, struct runner *runner)
{
    size_t piece = next_piece(search, runner);
    enum problem problem = gather_read(search, &runner->gather, &runner->best, piece);

    runner->done = runner->gather.ended;
    return problem;
}

static enum problem advance_by_date(struct search *search, struct runner *runner)
{
    size_t piece = next_piece(search, runner);
    enum problem problem = by_date_read(search, &runner->by_date, &runner->best, piece);

    runner->done = runner->by_date.phase == BY_DATE_END;
    return problem;
}

static enum problem advance_by_name(struct search *search, struct runner *runner)
{
    size_t piece = next_piece(search, runner);
    enum problem problem = by_name_read(search, &runner->by_name, &runner->best, piece);

    runner->done = runner->by_name.phase == BY_NAME_END;
    return problem;
}

static enum problem advance(struct search *search, struct runner *runner)
{
    switch (runner->kind) {
    case RUNNER_BY_DATE:
        return advance_by_date(search, runner);
    case RUNNER_BY_NAME:
        return advance_by_name(search, runner);
    case RUNNER_WALK:
        return advance_walk(search, runner);
    case RUNNER_GATHER:
        return advance_gather(search, runner);
    case RUNNER_ORDERED:
    case RUNNER_ALL:
        break;
    }
    return advance_source(search, runner);
}

static struct runner *least_spent(struct runner **runners, size_t count)
{
    struct runner *least = runners[0];

    for (size_t i = 1; i < count; i++) {
        if (runners[i]->spent < least->spent)
            least = runners[i];
    }
    return least;
}

/* Of this thread, so that others who want the processor are nobody's fault. */
static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* One that has yet to find the ranges in which names match promises nothing before it has one. */
static bool is_lost(const struct search *search, const struct runner *runner)
{
    return runner->walk.by_name && search->by_name && !runner->walk.ranges.known &&
           runner->best.count == 0;
}

/* About what part of its way it has behind it; 0: cannot be told. */
static double part_done(const struct search *search, const struct runner *runner)
{
    switch (runner->kind) {
    case RUNNER_GATHER:
        return gather_part(&runner->gather);
    case RUNNER_WALK:
        if (is_lost(search, runner))
            return 0;
        return ((double)runner->best.count + 0.5) / (double)search->want;
    case RUNNER_ORDERED:
        return ((double)runner->best.count + 0.5) / (double)search->want;
    case RUNNER_ALL:
        return index_filter_part(&runner->source.filter);
    case RUNNER_BY_DATE:
        return by_date_part(search, &runner->by_date, &runner->best);
    case RUNNER_BY_NAME:
        return by_name_part(search, &runner->by_name);
    }
    return 0;
}

/* The time that the rest will take, if it goes on as it began. */
static double time_left(const struct search *search, const struct runner *runner)
{
    double part = part_done(search, runner);

    return part > 0 ? (double)runner->taken * (1 - part) / part : INFINITY;
}

/* Whether it is the one of two that will be done later, as far as can be told. */
static bool is_slower(const struct search *search, const struct runner *runner,
                      struct runner **runners, size_t count)
{
    double left = time_left(search, runner);

    for (size_t i = 0; i < count; i++) {
        if (runners[i] != runner && left < INFINITY && time_left(search, runners[i]) < left)
            return true;
    }
    return false;
}

enum problem runner_race(struct search *search, struct runner **runners, size_t count,
                         struct runner **ret_first)
{
    struct runner *runner = runners[0];
    int64_t start = count > 1 ? now_ns() : 0, now;

    for (;;) {
        enum problem problem = advance(search, runner);
        if (problem != PROBLEM_NONE)
            return problem;
        if (runner->done)
            break;
        if (count == 1)
            continue;
        now = now_ns();
        runner->taken += now - start;
        runner->spent +=
            (now - start) * (is_slower(search, runner, runners, count) ? SHARE_OF_SLOWER : 1);
        start = now;
        runner = least_spent(runners, count);
    }
    *ret_first = runner;
    return PROBLEM_NONE;
}
