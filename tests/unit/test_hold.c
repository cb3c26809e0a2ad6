/* Tests of a job and its lease together: one holder at a time, and one ending. */
#include "model/hold.h"

#include "model_test.h"

enum { WALL = 9000, LEASE = 500, LENGTH = 10000 };

static const struct uuid owner = {{9}};
static const struct claimant worker = {SPAN("w"), {{1}}, LENGTH};

struct world {
    struct job job;
    struct lease lease;
    struct moment now;
};

static struct world new_world(void)
{
    return (struct world){
        .job = {.position = position_at(1000),
                .status = STATUS_WAITING,
                .progress = JOB_NO_PROGRESS,
                .user = owner,
                .created_by = owner,
                .modified_by = owner,
                .modified_on = 1000,
                .started_on = JOB_NO_TIME,
                .ended_on = JOB_NO_TIME,
                .run_after = JOB_NO_TIME,
                .max_attempts = 3},
        .now = {.wall = WALL, .lease = LEASE},
    };
}

static struct hold hold_of(struct world *world)
{
    return (struct hold){&world->job, &world->lease, world->now};
}

static struct world claimed_world(void)
{
    struct world world = new_world();
    struct hold hold = hold_of(&world);
    assert_int_equal(hold_claim(&hold, &worker, NULL), PROBLEM_NONE);
    return world;
}

static void pass(struct world *world, int64_t ms)
{
    world->now.wall += ms;
    world->now.lease += ms;
}

static struct report report_of(enum job_event_kind kind, int64_t fence)
{
    struct report report = {
        .event = {.kind = kind, .by = worker.account, .progress = JOB_NO_PROGRESS},
        .fence = fence,
        .random = UINT32_C(1) << 31,
    };
    if (kind == EVENT_END)
        report.event.status = STATUS_COMPLETED_SUCCESS;
    if (kind == EVENT_RETRY)
        report.event.status = STATUS_FAILED_FAILURE;
    return report;
}

/* Reports; what is refused must change nothing. */
static enum problem send(struct world *world, const struct report *report, bool *ret_changed)
{
    struct world before;
    struct hold hold = hold_of(world);
    struct err err = {0};
    memcpy(&before, world, sizeof(before));
    *ret_changed = false;
    enum problem problem = hold_report(&hold, report, ret_changed, &err);
    assert_int_equal(problem == PROBLEM_NONE, err.text[0] == '\0');
    if (problem != PROBLEM_NONE)
        assert_memory_equal(&before, world, sizeof(before));
    return problem;
}

static enum problem say(struct world *world, enum job_event_kind kind, int64_t fence)
{
    struct report report = report_of(kind, fence);
    bool changed;
    return send(world, &report, &changed);
}

static enum problem beat(struct world *world, int64_t fence, int64_t lease_ms)
{
    struct hold hold = hold_of(world);
    return hold_beat(&hold, fence, lease_ms, NULL);
}

static bool expire(struct world *world)
{
    struct hold hold = hold_of(world);
    return hold_expire(&hold, UINT32_C(1) << 31);
}

static enum problem destroy(struct world *world, bool *ret_changed)
{
    struct hold hold = hold_of(world);
    struct job_event event = {.kind = EVENT_DELETE, .by = owner, .has_message = true};
    return hold_delete(&hold, &event, ret_changed, NULL);
}

static void claim_grants_what_waits(void **test)
{
    struct world world = claimed_world();
    struct hold hold = hold_of(&world);
    struct err err = {0};
    (void)test;
    assert_int_equal(world.job.status, STATUS_RUNNING);
    assert_int_equal(world.job.attempt, 1);
    assert_int_equal(world.job.started_on, WALL);
    assert_true(uuid_eq(&world.job.modified_by, &worker.account));
    assert_true(world.lease.held);
    assert_int_equal(world.lease.fence, 1);
    assert_int_equal(world.lease.expires_at, LEASE + LENGTH);
    assert_int_equal(hold_claim(&hold, &worker, &err), PROBLEM_CONFLICT);
    assert_string_equal(err.text, "The job is RUNNING and cannot become RUNNING.");
    assert_int_equal(world.lease.fence, 1);
}

static void reports_need_the_fence(void **test)
{
    static const enum job_event_kind kinds[] = {EVENT_PROGRESS, EVENT_START, EVENT_END,
                                                EVENT_RELEASE, EVENT_RETRY};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct world world = claimed_world();
        assert_int_equal(say(&world, kinds[i], LEASE_NO_FENCE), PROBLEM_LEASE_LOST);
        assert_int_equal(say(&world, kinds[i], 2), PROBLEM_LEASE_LOST);
        assert_int_equal(say(&world, kinds[i], 1), PROBLEM_NONE);
    }
}

static void reports_are_beats(void **test)
{
    struct world world = claimed_world();
    struct report report = report_of(EVENT_PROGRESS, 1);
    bool changed;
    (void)test;
    pass(&world, 4000);
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_int_equal(world.lease.expires_at, LEASE + 4000 + LENGTH);
    assert_int_equal(world.lease.beat_on, WALL + 4000);
    assert_int_equal(world.lease.progress_on, WALL);
    report.event.progress = 5;
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_int_equal(world.lease.progress_on, WALL + 4000);
    pass(&world, 1000);
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_int_equal(world.lease.progress_on, WALL + 4000);
    report.event.has_message = true;
    report.event.message = (struct span)SPAN("halfway");
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_int_equal(world.lease.progress_on, WALL + 5000);
    assert_true(world.lease.held);
}

static void beats_extend_and_leave_the_job_alone(void **test)
{
    struct world world = claimed_world();
    struct job before;
    (void)test;
    memcpy(&before, &world.job, sizeof(before));
    pass(&world, LENGTH + 1);
    assert_int_equal(beat(&world, 1, 0), PROBLEM_NONE);
    assert_int_equal(world.lease.expires_at, LEASE + 2 * LENGTH + 1);
    assert_int_equal(beat(&world, 1, 5000), PROBLEM_NONE);
    assert_int_equal(world.lease.expires_at, LEASE + 2 * LENGTH + 1);
    assert_int_equal(beat(&world, 1, 60000), PROBLEM_NONE);
    assert_int_equal(world.lease.expires_at, LEASE + LENGTH + 1 + 60000);
    assert_int_equal(beat(&world, LEASE_NO_FENCE, 0), PROBLEM_LEASE_LOST);
    assert_int_equal(beat(&world, 2, 0), PROBLEM_LEASE_LOST);
    assert_memory_equal(&world.job, &before, sizeof(before));

    assert_int_equal(say(&world, EVENT_END, 1), PROBLEM_NONE);
    assert_int_equal(beat(&world, 1, 0), PROBLEM_LEASE_LOST);
    world = new_world();
    assert_int_equal(beat(&world, 1, 0), PROBLEM_LEASE_LOST);
    assert_int_equal(beat(&world, LEASE_NO_FENCE, 0), PROBLEM_LEASE_LOST);
}

static void only_the_same_ending_passes_twice(void **test)
{
    struct world world = claimed_world();
    struct report report = report_of(EVENT_END, 1);
    bool changed;
    (void)test;
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_true(changed);
    assert_false(world.lease.held);
    pass(&world, 5);
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_false(changed);
    assert_int_equal(world.job.modified_on, WALL);
    report.event.status = STATUS_FAILED_FAILURE;
    assert_int_equal(send(&world, &report, &changed), PROBLEM_LEASE_LOST);
    assert_int_equal(say(&world, EVENT_PROGRESS, 1), PROBLEM_LEASE_LOST);
    assert_int_equal(say(&world, EVENT_END, 2), PROBLEM_LEASE_LOST);
    assert_int_equal(say(&world, EVENT_PROGRESS, LEASE_NO_FENCE), PROBLEM_CONFLICT);
    assert_int_equal(say(&world, EVENT_END, LEASE_NO_FENCE), PROBLEM_NONE);
}

static void released_jobs_wait_for_the_next(void **test)
{
    struct world world = claimed_world();
    struct hold hold = hold_of(&world);
    struct report report = report_of(EVENT_RELEASE, 1);
    bool changed;
    (void)test;
    report.delay_ms = 7000;
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_int_equal(world.job.status, STATUS_WAITING);
    assert_int_equal(world.job.run_after, WALL + 7000);
    assert_false(world.lease.held);
    assert_int_equal(say(&world, EVENT_END, 1), PROBLEM_LEASE_LOST);
    assert_int_equal(say(&world, EVENT_PROGRESS, LEASE_NO_FENCE), PROBLEM_NONE);
    assert_int_equal(hold_claim(&hold, &worker, NULL), PROBLEM_NONE);
    assert_int_equal(world.lease.fence, 2);
    assert_int_equal(say(&world, EVENT_END, 1), PROBLEM_LEASE_LOST);
    report = report_of(EVENT_RELEASE, 2);
    assert_int_equal(send(&world, &report, &changed), PROBLEM_NONE);
    assert_int_equal(world.job.run_after, JOB_NO_TIME);
}

static void retries_wait_longer_and_then_fail(void **test)
{
    static const int64_t waits[] = {5000, 10000};
    struct world world = new_world();
    struct hold hold = hold_of(&world);
    (void)test;
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(hold_claim(&hold, &worker, NULL), PROBLEM_NONE);
        assert_int_equal(say(&world, EVENT_RETRY, i + 1), PROBLEM_NONE);
        assert_false(world.lease.held);
        if (i < 2)
            assert_int_equal(world.job.run_after, WALL + waits[i]);
    }
    assert_int_equal(world.job.status, STATUS_FAILED_FAILURE);
    assert_int_equal(say(&world, EVENT_RETRY, 3), PROBLEM_NONE);
    assert_int_equal(say(&world, EVENT_RETRY, 2), PROBLEM_LEASE_LOST);
}

static void expiry_takes_what_is_due(void **test)
{
    struct world world = claimed_world();
    (void)test;
    pass(&world, LENGTH - 1);
    assert_false(expire(&world));
    assert_true(world.lease.held);
    pass(&world, 1);
    world.job.modified_by = owner;
    assert_true(expire(&world));
    assert_false(world.lease.held);
    assert_int_equal(world.job.status, STATUS_WAITING);
    assert_int_equal(world.job.run_after, WALL + LENGTH + 5000);
    assert_true(uuid_eq(&world.job.modified_by, &worker.account));
    assert_false(expire(&world));
    assert_int_equal(say(&world, EVENT_END, 1), PROBLEM_LEASE_LOST);

    world = claimed_world();
    world.job.self_managed = true;
    pass(&world, LENGTH);
    assert_true(expire(&world));
    assert_int_equal(world.job.status, STATUS_FAILED_ABORTED);
    assert_span(world.job.message, "Worker lost");
    assert_int_equal(say(&world, EVENT_END, 1), PROBLEM_LEASE_LOST);
    assert_int_equal(say(&world, EVENT_PROGRESS, 1), PROBLEM_LEASE_LOST);
}

static void delete_ends_the_lease(void **test)
{
    struct world world = claimed_world();
    bool changed = false;
    (void)test;
    assert_int_equal(destroy(&world, &changed), PROBLEM_NONE);
    assert_true(changed);
    assert_int_equal(world.job.status, STATUS_DELETED_ABORTED);
    assert_int_equal(world.job.ended_on, WALL);
    assert_false(world.lease.held);
    assert_int_equal(say(&world, EVENT_END, 1), PROBLEM_JOB_DELETED);
    assert_int_equal(say(&world, EVENT_END, LEASE_NO_FENCE), PROBLEM_JOB_DELETED);
    assert_int_equal(beat(&world, 1, 0), PROBLEM_JOB_DELETED);
    assert_int_equal(destroy(&world, &changed), PROBLEM_NONE);
    assert_false(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claim_grants_what_waits),
        cmocka_unit_test(reports_need_the_fence),
        cmocka_unit_test(reports_are_beats),
        cmocka_unit_test(beats_extend_and_leave_the_job_alone),
        cmocka_unit_test(only_the_same_ending_passes_twice),
        cmocka_unit_test(released_jobs_wait_for_the_next),
        cmocka_unit_test(retries_wait_longer_and_then_fail),
        cmocka_unit_test(expiry_takes_what_is_due),
        cmocka_unit_test(delete_ends_the_lease),
    };
    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
