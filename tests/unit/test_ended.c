/* Tests of counting ended jobs. */
#include "model/ended.h"

#include "model_test.h"

static struct job job_in(enum job_status status)
{
    return (struct job){.status = status, .started_on = 1000, .ended_on = 3500};
}

static void each_result_has_its_outcome(void **test)
{
    static const int expected[STATUS_COUNT] = {
        [STATUS_WAITING] = -1,
        [STATUS_RUNNING] = -1,
        [STATUS_COMPLETED_SUCCESS] = OUTCOME_SUCCEEDED,
        [STATUS_COMPLETED_WITH_ERROR] = OUTCOME_SUCCEEDED,
        [STATUS_COMPLETED_ABORTED] = OUTCOME_ABORTED,
        [STATUS_FAILED_FAILURE] = OUTCOME_FAILED,
        [STATUS_FAILED_ABORTED] = OUTCOME_ABORTED,
        [STATUS_DELETED_SUCCESS] = OUTCOME_SUCCEEDED,
        [STATUS_DELETED_WITH_ERROR] = OUTCOME_SUCCEEDED,
        [STATUS_DELETED_FAILURE] = OUTCOME_FAILED,
        [STATUS_DELETED_ABORTED] = OUTCOME_ABORTED,
    };
    (void)test;
    for (int status = 0; status < STATUS_COUNT; status++) {
        struct job job = job_in((enum job_status)status);
        struct ended ended = {0};
        assert_int_equal(ended_count(&ended, &job), expected[status] >= 0);
        assert_int_equal(ended_total(&ended), expected[status] >= 0);
        if (expected[status] >= 0)
            assert_int_equal(ended.counts[expected[status]], 1);
    }
}

static void only_a_job_that_started_ran(void **test)
{
    struct ended ended = {0};
    struct job job = job_in(STATUS_FAILED_FAILURE);
    (void)test;
    assert_true(ended_count(&ended, &job));
    assert_int_equal(ended.run_ms, 2500);
    job.started_on = JOB_NO_TIME;
    assert_true(ended_count(&ended, &job));
    job.started_on = 4000;
    assert_true(ended_count(&ended, &job));
    assert_int_equal(ended.run_ms, 2500);
    job.ended_on = JOB_NO_TIME;
    assert_false(ended_count(&ended, &job));
    assert_int_equal(ended_total(&ended), 3);
}

static void sums_are_of_each_member(void **test)
{
    struct ended sum = {{1, 2, 3}, 4};
    struct ended more = {{10, 20, 30}, 40};
    (void)test;
    ended_add(&sum, &more);
    assert_int_equal(sum.counts[OUTCOME_SUCCEEDED], 11);
    assert_int_equal(sum.counts[OUTCOME_FAILED], 22);
    assert_int_equal(sum.counts[OUTCOME_ABORTED], 33);
    assert_int_equal(sum.run_ms, 44);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_has_its_outcome),
        cmocka_unit_test(only_a_job_that_started_ran),
        cmocka_unit_test(sums_are_of_each_member),
    };
    return cmocka_run_group_tests_name("ended", tests, NULL, NULL);
}
