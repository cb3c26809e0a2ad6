/* The statistics: how jobs ended, by type over time, is what the jobs themselves say. */
#include "leases.h"
#include "random.h"
#include "statistics.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS (24 * HOUR_MS)
#define STEPS_STANDARD 900

static struct random start;

static struct job_event event_of(enum job_event_kind kind, enum job_status status)
{
    return (struct job_event){.kind = kind,
                              .status = status,
                              .by = user_at(1),
                              .progress = JOB_NO_PROGRESS,
                              .has_message = true};
}

static void must_report(struct fixture *fixture, const struct uuid *id, enum job_event_kind kind,
                        enum job_status status)
{
    struct job job;

    assert_int_equal(job_report(fixture->store, &fixture->arena, id, event_of(kind, status), &job),
                     PROBLEM_NONE);
}

static struct ended sum_of_hour(struct fixture *fixture)
{
    struct statistics statistics = must_read_statistics(fixture, 1, &fixture->arena);

    return statistics_sum(&statistics);
}

static void assert_sum(struct fixture *fixture, int64_t succeeded, int64_t failed, int64_t aborted)
{
    struct ended sum = sum_of_hour(fixture);

    assert_int_equal(sum.counts[OUTCOME_SUCCEEDED], succeeded);
    assert_int_equal(sum.counts[OUTCOME_FAILED], failed);
    assert_int_equal(sum.counts[OUTCOME_ABORTED], aborted);
    check_statistics(fixture);
}

static void what_goes_on_does_not_count(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");

    assert_sum(fixture, 0, 0, 0);
    must_report(fixture, &job.id, EVENT_START, STATUS_RUNNING);
    assert_sum(fixture, 0, 0, 0);
    assert_int_equal(must_read_statistics(fixture, 744, &fixture->arena).count, 0);
}

static void a_job_counts_once_however_often_its_end_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");

    must_report(fixture, &job.id, EVENT_START, STATUS_RUNNING);
    fixture_pass(fixture, 2500);
    must_report(fixture, &job.id, EVENT_END, STATUS_FAILED_FAILURE);
    must_report(fixture, &job.id, EVENT_END, STATUS_FAILED_FAILURE);
    assert_sum(fixture, 0, 1, 0);
    assert_int_equal(sum_of_hour(fixture).run_ms, 2500);
    /* Deleted, it counts as it ended, and when. */
    fixture_pass(fixture, 10 * MINUTE_MS);
    must_report(fixture, &job.id, EVENT_DELETE, STATUS_WAITING);
    assert_sum(fixture, 0, 1, 0);
}

static void deleted_before_its_end_is_aborted(void **state)
{
    struct fixture *fixture = *state;
    struct job waiting = must_create_named(fixture, "job"), running;

    must_report(fixture, &waiting.id, EVENT_DELETE, STATUS_WAITING);
    assert_sum(fixture, 0, 0, 1);
    running = must_create_named(fixture, "job");
    must_report(fixture, &running.id, EVENT_START, STATUS_RUNNING);
    must_report(fixture, &running.id, EVENT_DELETE, STATUS_WAITING);
    must_report(fixture, &running.id, EVENT_DELETE, STATUS_WAITING);
    assert_sum(fixture, 0, 0, 2);
}

static void a_lost_worker_counts_when_nobody_tries_again(void **state)
{
    struct fixture *fixture = *state;

    must_grant(fixture, 2);
    fixture_pass(fixture, LEASE_MS);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
    assert_sum(fixture, 0, 0, 0);
    must_grant(fixture, 1);
    fixture_pass(fixture, LEASE_MS);
    must_reap(fixture, 10);
    assert_sum(fixture, 0, 0, 1);
}

static void end_one_of(struct fixture *fixture, const char *type)
{
    struct draft draft = draft_of(&fixture->arena, "job", type);
    struct job job = must_create(fixture, &draft);

    must_report(fixture, &job.id, EVENT_END, STATUS_COMPLETED_SUCCESS);
}

/* Five more than are told apart, with 1, 2, 3, … jobs, but for the least two: "A" and "B" tie. */
static void the_busiest_types_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    size_t types = STATISTICS_TYPES_MAX + 5;
    struct statistics statistics;

    for (size_t i = 0; i < types; i++) {
        const char *type = arena_printf(&fixture->arena, "%c", (int)('A' + i));
        for (size_t j = 0; j <= i || j < 2; j++)
            end_one_of(fixture, type);
    }
    statistics = must_read_statistics(fixture, 24, &fixture->arena);
    assert_int_equal(statistics.count, STATISTICS_TYPES_MAX + 1);
    assert_true(span_is(statistics.series[0].type, "Y"));
    assert_true(span_is(statistics.series[STATISTICS_TYPES_MAX - 1].type, "F"));
    assert_int_equal(statistics.series[STATISTICS_TYPES_MAX].type.len, 0);
    check_statistics(fixture);
}

static void equal_types_come_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct statistics statistics;

    end_one_of(fixture, "b");
    end_one_of(fixture, "é");
    end_one_of(fixture, "B");
    end_one_of(fixture, "bb");
    statistics = must_read_statistics(fixture, 1, &fixture->arena);
    assert_int_equal(statistics.count, 4);
    assert_true(span_is(statistics.series[0].type, "B"));
    assert_true(span_is(statistics.series[1].type, "b"));
    assert_true(span_is(statistics.series[2].type, "bb"));
    assert_true(span_is(statistics.series[3].type, "é"));
}

/* One of the unfinished jobs meets its fate. */
static void random_report(struct fixture *fixture, struct random *random, const struct uuid *id)
{
    static const enum job_status endings[] = {STATUS_COMPLETED_SUCCESS, STATUS_COMPLETED_WITH_ERROR,
                                              STATUS_COMPLETED_ABORTED, STATUS_FAILED_FAILURE,
                                              STATUS_FAILED_ABORTED};
    static const enum job_event_kind kinds[] = {EVENT_START,  EVENT_START, EVENT_END,    EVENT_END,
                                                EVENT_DELETE, EVENT_RETRY, EVENT_RELEASE};
    struct job_event event = event_of(kinds[random_pick(random, ARRAY_SIZE(kinds))],
                                      endings[random_pick(random, ARRAY_SIZE(endings))]);
    struct job job;

    if (event.kind == EVENT_RETRY)
        event.status = STATUS_FAILED_FAILURE;
    event.run_after = JOB_NO_TIME;
    job_report(fixture->store, &fixture->arena, id, event, &job);
}

static void random_time(struct fixture *fixture, struct random *random)
{
    if (random_one_in(random, 30))
        fixture->clock.ms -= random_pick(random, 5 * 60000);
    else if (random_one_in(random, 40))
        fixture_pass(fixture, (int64_t)random_pick(random, 3) * DAY_MS);
    else if (random_one_in(random, 3))
        fixture_pass(fixture, (int64_t)random_pick(random, 40) * MINUTE_MS);
    else
        fixture_pass(fixture, random_pick(random, 20000));
}

static void random_claim(struct fixture *fixture, const char *type)
{
    struct claim claim = claim_of(fixture, type, 1);

    must_claim(fixture, &claim);
}

static void counts_are_never_off(void **state)
{
    struct fixture *fixture = *state;
    uint64_t steps = fixture_number("JOBD_TEST_STEPS", STEPS_STANDARD);
    struct uuid ids[40];
    size_t count = 0;

    for (uint64_t i = 0; i < steps; i++) {
        const char *type = arena_printf(&fixture->arena, "TYPE %u",
                                        random_pick(&start, 1 + random_pick(&start, 30)));
        struct draft draft = draft_of(&fixture->arena, "job", type);
        draft.max_attempts = 1 + (int32_t)random_pick(&start, 2);
        if (count < ARRAY_SIZE(ids))
            ids[count++] = must_create(fixture, &draft).id;
        else
            ids[random_pick(&start, count)] = must_create(fixture, &draft).id;
        random_time(fixture, &start);
        if (random_one_in(&start, 4))
            random_claim(fixture, type);
        if (random_one_in(&start, 4))
            must_reap(fixture, 5);
        random_report(fixture, &start, &ids[random_pick(&start, count)]);
        random_report(fixture, &start, &ids[random_pick(&start, count)]);
        if (i % 300 == 299)
            check_statistics(fixture);
    }
    check_statistics(fixture);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_goes_on_does_not_count),
        STORE_TEST(a_job_counts_once_however_often_its_end_is_told),
        STORE_TEST(deleted_before_its_end_is_aborted),
        STORE_TEST(a_lost_worker_counts_when_nobody_tries_again),
        STORE_TEST(the_busiest_types_are_told_apart),
        STORE_TEST(equal_types_come_by_name),
        STORE_TEST(counts_are_never_off),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("store statistics", tests, NULL, NULL);
}
