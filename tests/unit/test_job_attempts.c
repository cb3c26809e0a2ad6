/* Tests of attempts: how a job is claimed, tried again, and given up. */
#include "model/job.h"

#include "job_test.h"

static void expiry_waits_while_attempts_remain(void **test)
{
    struct job job = job_in(STATUS_RUNNING);
    struct job_event event = event_of(EVENT_EXPIRE);
    (void)test;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_WAITING);
    assert_int_equal(job.started_on, JOB_NO_TIME);
    assert_int_equal(job.ended_on, JOB_NO_TIME);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);

    job = job_in(STATUS_RUNNING);
    job.attempt = 2;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_FAILED_ABORTED);
    assert_int_equal(job.started_on, STARTED);
    assert_int_equal(job.ended_on, NOW);
    assert_int_equal(job.progress, 40);
    assert_span(job.message, "Worker lost");
}

/* Nobody would take it, so it would wait for ever. */
static void self_managed_jobs_are_never_tried_again(void **test)
{
    static const enum job_event_kind kinds[] = {EVENT_EXPIRE, EVENT_RETRY};
    static const enum job_status endings[] = {STATUS_FAILED_ABORTED, STATUS_FAILED_FAILURE};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct job job = job_in(STATUS_RUNNING);
        struct job_event event = event_of(kinds[i]);
        job.self_managed = true;
        event.run_after = NOW + 77;
        assert_true(apply(&job, &event));
        assert_int_equal(job.status, endings[i]);
        assert_int_equal(job.ended_on, NOW);
        assert_int_equal(job.run_after, JOB_NO_TIME);
        assert_span(job.message, kinds[i] == EVENT_EXPIRE ? "Worker lost" : "as it was");
    }
}

static void claim_begins_an_attempt(void **test)
{
    struct job job = job_in(STATUS_WAITING);
    struct job_event event = event_of(EVENT_CLAIM);
    (void)test;
    job.started_on = STARTED;
    job.progress = 40;
    job.run_after = NOW - 1;
    event.progress = 3;
    event.has_message = true;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_RUNNING);
    assert_int_equal(job.attempt, 2);
    assert_int_equal(job.started_on, NOW);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_int_equal(job.run_after, JOB_NO_TIME);
    assert_span(job.message, "as it was");
}

static void retry_waits_while_attempts_remain(void **test)
{
    struct job job = job_in(STATUS_RUNNING);
    struct job_event event = event_of(EVENT_RETRY);
    (void)test;
    event.progress = 60;
    event.has_message = true;
    event.message = (struct span)SPAN("no route to host");
    event.run_after = NOW + 5000;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_WAITING);
    assert_int_equal(job.started_on, JOB_NO_TIME);
    assert_int_equal(job.ended_on, JOB_NO_TIME);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_int_equal(job.run_after, NOW + 5000);
    assert_span(job.message, "no route to host");

    job = job_in(STATUS_RUNNING);
    job.attempt = 2;
    event.status = STATUS_FAILED_ABORTED;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_FAILED_ABORTED);
    assert_int_equal(job.started_on, STARTED);
    assert_int_equal(job.ended_on, NOW);
    assert_int_equal(job.progress, 60);
    assert_int_equal(job.run_after, JOB_NO_TIME);
    assert_span(job.message, "no route to host");
    assert_false(apply(&job, &event));
}

static void going_back_may_take_a_delay(void **test)
{
    static const enum job_event_kind kinds[] = {EVENT_RELEASE, EVENT_RETRY, EVENT_EXPIRE};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct job job = job_in(STATUS_RUNNING);
        struct job_event event = event_of(kinds[i]);
        event.run_after = NOW + 60000;
        assert_true(apply(&job, &event));
        assert_int_equal(job.status, STATUS_WAITING);
        assert_int_equal(job.run_after, NOW + 60000);
        event = event_of(EVENT_RELEASE);
        assert_true(apply(&job, &event));
        assert_int_equal(job.run_after, NOW + 60000);
        event.run_after = NOW + 90000;
        assert_true(apply(&job, &event));
        assert_int_equal(job.run_after, NOW + 90000);
        event = event_of(i == 0 ? EVENT_START : EVENT_CLAIM);
        assert_true(apply(&job, &event));
        assert_int_equal(job.run_after, JOB_NO_TIME);
    }
}

static void claims_take_what_is_ready(void **test)
{
    (void)test;
    for (unsigned status = 0; status < STATUS_COUNT; status++) {
        struct job job = job_in(status);
        assert_int_equal(job_is_claimable(&job, NOW), status == STATUS_WAITING);
        job.self_managed = true;
        assert_false(job_is_claimable(&job, NOW));
        job.self_managed = false;
        job.run_after = NOW;
        assert_int_equal(job_is_claimable(&job, NOW), status == STATUS_WAITING);
        assert_false(job_is_claimable(&job, NOW - 1));
    }
}

static void back_off_doubles_up_to_an_hour(void **test)
{
    static const int64_t middle[] = {5000, 5000, 10000, 20000, 40000, 80000};
    (void)test;
    for (int32_t attempt = 0; attempt < (int32_t)ARRAY_SIZE(middle); attempt++) {
        assert_int_equal(job_backoff_ms(attempt, 0), middle[attempt] * 3 / 4);
        assert_int_equal(job_backoff_ms(attempt, UINT32_C(1) << 31), middle[attempt]);
        assert_int_equal(job_backoff_ms(attempt, UINT32_MAX), middle[attempt] * 5 / 4 - 1);
    }
    assert_int_equal(job_backoff_ms(10, UINT32_C(1) << 31), 2560000);
    for (int32_t attempt = 11; attempt < 2000; attempt++)
        assert_int_equal(job_backoff_ms(attempt, UINT32_C(1) << 31), 3600000);
    assert_int_equal(job_backoff_ms(INT32_MAX, UINT32_MAX), 4499999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expiry_waits_while_attempts_remain),
        cmocka_unit_test(self_managed_jobs_are_never_tried_again),
        cmocka_unit_test(claim_begins_an_attempt),
        cmocka_unit_test(retry_waits_while_attempts_remain),
        cmocka_unit_test(going_back_may_take_a_delay),
        cmocka_unit_test(claims_take_what_is_ready),
        cmocka_unit_test(back_off_doubles_up_to_an_hour),
    };
    return cmocka_run_group_tests_name("job_attempts", tests, NULL, NULL);
}
