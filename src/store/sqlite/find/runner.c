/* Runners: how each finds, and the race between them. */
#include "store/sqlite/find/runner.h"

#include <math.h>
#include <time.h>

/* Candidates or rows of a piece: each is twice as large as the one before. */
#define PIECE_FIRST 32
#define PIECE_MAX 2048

/*
 * With a name filter, who reads all candidates one by one gets less of the time than who can stop
 * at a full page: that costs little where few match, and saves much where many do. A walk by name
 * even compares ten names while a job is read.
 */
#define SHARE_OF_ALL 2
#define SHARE_BESIDE_NAMES 3

/*
 * Without one, who promises to be done later gets a fifth of the time: in case the promises, which
 * take the jobs to be spread evenly, are wrong.
 */
#define SHARE_OF_SLOWER 4

/* Reading a job costs as much as so many seeks in an index for one of its statuses. */
#define STATUS_SEEKS_MAX 3
/* After so many candidates it is known whether most have a status that was not asked for. */
#define ASKED_MIN 64
#define MOSTLY 4

struct runner *runner_new(struct search *search, enum runner_kind kind, enum source_kind candidates,
                          bool tested)
{
    struct runner *runner = ARENA_NEW(&search->scratch, struct runner);

    if (runner == NULL)
        return NULL;
    runner->kind = kind;
    runner->candidates = candidates;
    runner->tested = tested;
    runner->piece = PIECE_FIRST;
    if ((kind == RUNNER_WALK && walk_init(search, &runner->walk) != PROBLEM_NONE) ||
        (kind == RUNNER_GATHER && gather_init(search, &runner->gather) != PROBLEM_NONE)) {
        runner_release(runner);
        return NULL;
    }
    return runner;
}

void runner_release(struct runner *runner)
{
    best_release(&runner->best);
    values_release(&runner->values);
    source_release(&runner->source);
    sieve_release(&runner->sieve);
    if (runner->kind == RUNNER_WALK)
        walk_release(&runner->walk);
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

static bool few_statuses(const struct search *search)
{
    return __builtin_popcount(search->scope.statuses) <= STATUS_SEEKS_MAX;
}

/* The name index finds candidates of any status: where most have another, that is looked up first.
 */
static enum problem probe(struct search *search, struct runner *runner, int64_t position,
                          bool *ret_matches, struct place *ret_place)
{
    bool doubtful = runner->asked++ >= ASKED_MIN && MOSTLY * runner->matched < runner->asked;
    enum problem problem = PROBLEM_NONE;

    *ret_matches = true;
    if (doubtful && runner->candidates == SOURCE_NAMES && few_statuses(search))
        problem = search_has_status(search, position, ret_matches);
    if (problem == PROBLEM_NONE && *ret_matches)
        problem = search_probe(search, &runner->scope, position, ret_matches, ret_place);
    runner->matched += *ret_matches;
    return problem;
}

static enum problem take_probed(struct search *search, struct runner *runner, int64_t position)
{
    struct place place;
    bool matches;
    enum problem problem = probe(search, runner, position, &matches, &place);

    if (problem != PROBLEM_NONE || !matches)
        return problem;
    if (runner->kind == RUNNER_ORDERED)
        best_append(&runner->best, position);
    else if (search_is_behind(search, &place) && !best_add(search, &runner->best, &place))
        return problem_no_memory(search->err);
    return PROBLEM_NONE;
}

static enum problem take_candidate(struct search *search, struct runner *runner, int64_t position)
{
    if (runner->tested)
        return take_probed(search, runner, position);
    best_append(&runner->best, position);
    return PROBLEM_NONE;
}

static enum problem sift_candidates(struct search *search, struct runner *runner)
{
    const struct source *source = &runner->source;

    if (!sieve_clear(search, &runner->sieve, source->count))
        return problem_no_memory(search->err);
    for (size_t i = 0; i < source->count; i++)
        sieve_add(&runner->sieve, source->positions[i]);
    return sieve_shake(search, &runner->sieve);
}

static enum problem take_candidates(struct search *search, struct runner *runner)
{
    bool stops = runner->kind == RUNNER_ORDERED;
    bool sifts = search->by_name && runner->tested && runner->candidates == SOURCE_STREAMS;
    enum problem problem = sifts ? sift_candidates(search, runner) : PROBLEM_NONE;

    if (problem != PROBLEM_NONE)
        return problem;
    for (size_t i = 0; i < runner->source.count && !runner->done; i++) {
        int64_t position = runner->source.positions[i];
        if (sifts && !sieve_has(&runner->sieve, position))
            continue;
        problem = take_candidate(search, runner, position);
        if (problem != PROBLEM_NONE)
            return problem;
        runner->done = stops && best_is_full(search, &runner->best);
    }
    return PROBLEM_NONE;
}

/* How much to read now: exactly what is wanted, or the next piece. */
static size_t next_piece(const struct search *search, struct runner *runner)
{
    size_t piece = runner->piece;

    if (!runner->tested && runner->kind != RUNNER_GATHER)
        return search->want - runner->best.count;
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

/* What of the filters an entry's index does not tell. */
enum unknown { UNKNOWN_NOTHING, UNKNOWN_STATUS, UNKNOWN_NAME };

/* By name only the statuses are not in the index, by date only the name. */
static enum unknown unknown_of(const struct search *search, const struct walk *walk)
{
    if (!walk->by_name)
        return search->by_name ? UNKNOWN_NAME : UNKNOWN_NOTHING;
    return search->scope.statuses != STATUS_MASK_ALL ? UNKNOWN_STATUS : UNKNOWN_NOTHING;
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

static enum problem advance(struct search *search, struct runner *runner)
{
    switch (runner->kind) {
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

/* About what part of its way it has behind it; 0: cannot be told. */
static double part_done(const struct search *search, const struct runner *runner)
{
    switch (runner->kind) {
    case RUNNER_GATHER:
        return gather_part(&runner->gather);
    case RUNNER_ORDERED:
    case RUNNER_WALK:
        return ((double)runner->best.count + 0.5) / (double)search->want;
    case RUNNER_ALL:
        break;
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

/* How many times its time counts. */
static int64_t share(const struct search *search, const struct runner *runner,
                     struct runner **runners, size_t count)
{
    if (!search->by_name)
        return is_slower(search, runner, runners, count) ? SHARE_OF_SLOWER : 1;
    if (runner->kind != RUNNER_ALL || name_filter_is_rare(&runner->source.names))
        return 1;
    if (runner->candidates == SOURCE_STREAMS || search->query->order == ORDER_NAME)
        return SHARE_BESIDE_NAMES;
    return SHARE_OF_ALL;
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
        runner->spent += (now - start) * share(search, runner, runners, count);
        start = now;
        runner = least_spent(runners, count);
    }
    *ret_first = runner;
    return PROBLEM_NONE;
}
