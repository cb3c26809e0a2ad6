/* Tests of leases: granting, extending and ending them, and whose a write is. */
#include "model/lease.h"

#include "model_test.h"

static const struct moment start = {.wall = 1000000, .lease = 5000};
static const struct claimant first = {SPAN("one"), {{1}}, 60000};
static const struct claimant second = {SPAN("two"), {{2}}, 5000};

static struct moment after(int64_t ms)
{
    return (struct moment){start.wall + ms, start.lease + ms};
}

static void each_grant_has_a_higher_fence(void **test)
{
    struct lease lease = {0};
    (void)test;
    lease_grant(&lease, &first, start);
    assert_int_equal(lease.fence, 1);
    assert_true(lease.held);
    assert_span(lease.worker, "one");
    assert_true(uuid_eq(&lease.account, &first.account));
    assert_int_equal(lease.lease_ms, 60000);
    assert_int_equal(lease.expires_at, 65000);
    assert_int_equal(lease.beat_on, start.wall);
    assert_int_equal(lease.progress_on, start.wall);

    lease_end(&lease);
    assert_false(lease.held);
    assert_int_equal(lease.fence, 1);
    assert_true(uuid_eq(&lease.account, &first.account));
    lease_grant(&lease, &second, after(10));
    assert_int_equal(lease.fence, 2);
    assert_span(lease.worker, "two");
    assert_true(uuid_eq(&lease.account, &second.account));
    assert_int_equal(lease.expires_at, 10010);
    assert_int_equal(lease.progress_on, start.wall + 10);
}

static void extending_never_shortens(void **test)
{
    struct lease lease = {0};
    (void)test;
    lease_grant(&lease, &first, start);
    lease_extend(&lease, 5000, after(100));
    assert_int_equal(lease.expires_at, 65000);
    assert_int_equal(lease.beat_on, start.wall + 100);
    assert_int_equal(lease.progress_on, start.wall);
    lease_extend(&lease, 60000, after(200));
    assert_int_equal(lease.expires_at, 65200);
    assert_int_equal(lease.lease_ms, 60000);
    lease_extend(&lease, 3600000, after(300));
    assert_int_equal(lease.expires_at, 3605300);
    assert_int_equal(lease.lease_ms, 60000);
}

/* The wall clock may say what it likes. */
static void it_runs_out_by_the_lease_clock(void **test)
{
    struct lease lease = {0};
    (void)test;
    assert_false(lease_is_due(&lease, after(1 << 30)));
    lease_grant(&lease, &second, start);
    assert_false(lease_is_due(&lease, (struct moment){start.wall + 99999999, 9999}));
    assert_true(lease_is_due(&lease, (struct moment){0, 10000}));
    assert_int_equal(lease_expires_on(&lease, start), start.wall + 5000);
    assert_int_equal(lease_expires_on(&lease, after(2000)), start.wall + 5000);
    assert_int_equal(lease_expires_on(&lease, (struct moment){7, 6000}), 4007);
    lease_end(&lease);
    assert_false(lease_is_due(&lease, after(1 << 30)));
}

static void beats_without_progress_are_a_stall(void **test)
{
    struct lease lease = {0};
    (void)test;
    assert_false(lease_is_stalled(&lease, 1, start));
    lease_grant(&lease, &first, start);
    lease_extend(&lease, 60000, after(500));
    assert_false(lease_is_stalled(&lease, 600, after(599)));
    assert_true(lease_is_stalled(&lease, 600, after(600)));
    lease_end(&lease);
    assert_false(lease_is_stalled(&lease, 600, after(600)));
}

/* The rule once more, in other words than the code's. */
static enum problem expected(enum job_status status, const struct lease *lease, int64_t sent)
{
    enum job_state state = status_state(status);
    bool over = state == STATE_COMPLETED || state == STATE_FAILED;
    if (state == STATE_DELETED)
        return PROBLEM_JOB_DELETED;
    if (lease->held)
        return sent == lease->fence ? PROBLEM_NONE : PROBLEM_LEASE_LOST;
    if (sent == LEASE_NO_FENCE)
        return PROBLEM_NONE;
    return over && sent == lease->fence ? PROBLEM_NONE : PROBLEM_LEASE_LOST;
}

static void check_one(enum job_status status, const struct lease *lease, int64_t sent)
{
    struct job job = {.status = status};
    struct err err = {0};
    enum problem problem = lease_check(lease, &job, sent, &err);
    if (problem != expected(status, lease, sent))
        fail_msg("status %d, fence %d, held %d, sent %d: %d", status, (int)lease->fence,
                 lease->held, (int)sent, problem);
    assert_int_equal(problem == PROBLEM_NONE, err.text[0] == '\0');
}

static void every_fence_in_every_status(void **test)
{
    static const int64_t sent[] = {LEASE_NO_FENCE, 1, 4, 5, 6, LEASE_FENCE_MAX};
    static const struct lease leases[] = {
        {0}, {.fence = 1}, {.fence = 5}, {.fence = 1, .held = true}, {.fence = 5, .held = true}};
    (void)test;
    for (unsigned status = 0; status < STATUS_COUNT; status++) {
        for (size_t i = 0; i < ARRAY_SIZE(leases) * ARRAY_SIZE(sent); i++)
            check_one(status, &leases[i / ARRAY_SIZE(sent)], sent[i % ARRAY_SIZE(sent)]);
    }
}

static void refusals_say_why(void **test)
{
    struct job job = {.status = STATUS_RUNNING};
    struct lease lease = {.fence = 2, .held = true};
    struct err err = {0};
    (void)test;
    lease_check(&lease, &job, LEASE_NO_FENCE, &err);
    assert_sentence(&err, "Lease-Fence");
    lease_check(&lease, &job, 1, &err);
    assert_sentence(&err, "Another worker holds the job");
    lease.held = false;
    lease_check(&lease, &job, 2, &err);
    assert_sentence(&err, "The lease is over");
    job.status = STATUS_DELETED_ABORTED;
    lease_check(&lease, &job, 2, &err);
    assert_sentence(&err, "deleted");
    assert_int_equal(lease_check(&lease, &job, 2, NULL), PROBLEM_JOB_DELETED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_grant_has_a_higher_fence),
        cmocka_unit_test(extending_never_shortens),
        cmocka_unit_test(it_runs_out_by_the_lease_clock),
        cmocka_unit_test(beats_without_progress_are_a_stall),
        cmocka_unit_test(every_fence_in_every_status),
        cmocka_unit_test(refusals_say_why),
    };
    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
