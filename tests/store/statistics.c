/* The statistics by brute force: every job is looked at for every step of every type. */
#include "statistics.h"

static const int64_t lengths[] = {1, 2, 3, 7, 16, 17, 24, 50, 51, 168, 401, 744};

struct statistics must_read_statistics(struct fixture *fixture, int64_t hours, struct arena *arena)
{
    struct store_statistics operation = {
        .arena = arena, .statistics.window = statistics_window(hours, fixture->clock.ms)};

    STORE_WAIT(store_statistics, fixture->store, &operation);
    assert_int_equal(operation.call.problem, PROBLEM_NONE);
    return operation.statistics;
}

static const struct job **all_jobs(struct fixture *fixture, struct arena *arena, size_t *ret_count)
{
    size_t capacity = job_count(fixture->store), count = 0;
    const struct job **jobs = ARENA_ARRAY(arena, const struct job *, capacity + 1);
    struct query query = query_all();
    struct store_find find = {.more = true};
    struct cursor cursor;

    while (find.more) {
        assert_int_equal(job_page(fixture->store, arena, &query, count > 0 ? &cursor : NULL, &find),
                         PROBLEM_NONE);
        for (size_t i = 0; i < find.count; i++)
            jobs[count++] = find.jobs[i];
        if (find.more)
            cursor = cursor_at(&query, find.jobs[find.count - 1]);
    }
    assert_int_equal(count, capacity);
    *ret_count = count;
    return jobs;
}

/* Whether this series is the one of the job's type, or the others' and no other is. */
static bool is_of(const struct statistics *statistics, size_t index, struct span type)
{
    for (size_t i = 0; i < statistics->count; i++) {
        if (span_eq(statistics->series[i].type, type))
            return i == index;
    }
    return statistics->series[index].type.len == 0;
}

static void check_step(const struct statistics *statistics, size_t index, int64_t at,
                       const struct job *const *jobs, size_t count)
{
    const struct statistics_window *window = &statistics->window;
    struct statistics_series *series = &statistics->series[index];
    const struct ended *step = statistics_step(statistics, series, at);
    struct ended expected = {0};

    for (size_t i = 0; i < count; i++) {
        if (jobs[i]->ended_on >= at && jobs[i]->ended_on < at + window->step_ms &&
            is_of(statistics, index, jobs[i]->type))
            ended_count(&expected, jobs[i]);
    }
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        assert_int_equal(step->counts[outcome], expected.counts[outcome]);
    assert_int_equal(step->run_ms, expected.run_ms);
}

static int64_t series_total(const struct statistics_series *series)
{
    int64_t total = 0;

    for (size_t i = 0; i < STATISTICS_STEPS_MAX; i++)
        total += ended_total(&series->steps[i]);
    return total;
}

static void check_order(const struct statistics *statistics)
{
    for (size_t i = 0; i < statistics->count; i++) {
        const struct statistics_series *series = &statistics->series[i];
        assert_true(series_total(series) > 0);
        assert_true(series->type.len > 0 || i == STATISTICS_TYPES_MAX);
        if (i > 0 && series->type.len > 0)
            assert_true(series_total(&series[-1]) >= series_total(series));
    }
}

struct ended statistics_sum(const struct statistics *statistics)
{
    struct ended sum = {0};

    for (size_t i = 0; i < statistics->count; i++) {
        for (size_t j = 0; j < STATISTICS_STEPS_MAX; j++)
            ended_add(&sum, &statistics->series[i].steps[j]);
    }
    return sum;
}

/* What is of no series is missed by the sum alone. */
static void check_sum(const struct statistics *statistics, const struct job *const *jobs,
                      size_t count)
{
    const struct statistics_window *window = &statistics->window;
    struct ended expected = {0}, sum = statistics_sum(statistics);

    for (size_t i = 0; i < count; i++) {
        if (jobs[i]->ended_on >= window->from && jobs[i]->ended_on < window->to)
            ended_count(&expected, jobs[i]);
    }
    assert_int_equal(ended_total(&sum), ended_total(&expected));
}

void check_statistics(struct fixture *fixture)
{
    AUTO(arena_release) struct arena arena;
    const struct job **jobs;
    size_t count;

    arena_init(&arena, (size_t)1 << 30);
    jobs = all_jobs(fixture, &arena, &count);
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        struct statistics statistics = must_read_statistics(fixture, lengths[i], &arena);
        const struct statistics_window *window = &statistics.window;
        check_sum(&statistics, jobs, count);
        check_order(&statistics);
        for (size_t j = 0; j < statistics.count; j++) {
            for (int64_t at = window->from; at < window->to; at += window->step_ms)
                check_step(&statistics, j, at, jobs, count);
        }
    }
}
