/* Updates under a lease: who holds the right fence goes on, everybody else changes nothing. */
#include "leases.h"

static const struct job_event progress = {.kind = EVENT_PROGRESS, .progress = 50};
static const struct job_event success = {
    .kind = EVENT_END, .status = STATUS_COMPLETED_SUCCESS, .progress = JOB_NO_PROGRESS};

static void a_job_never_granted_has_no_lease(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job");
    struct store_update seen = lease_look(fixture, &created.id);

    assert_true(seen.lease.fence == 0 && !seen.lease.held);
    assert_int_equal(seen.lease.worker.len, 0);
    assert_true(seen.now.wall == START_MS && seen.now.lease == START_MS);
}

static void the_mutator_sees_the_lease(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct claimant worker = worker_of(LEASE_MS);
    struct lease lease = {0};
    struct store_update seen = lease_look(fixture, &grant.job.id);

    lease_grant(&lease, &worker, (struct moment){START_MS, START_MS});
    assert_same_lease(&seen.lease, &lease);
    assert_true(lease_expires_on(&seen.lease, seen.now) == grant.expires_on);
}

static void a_beat_is_no_change_of_the_job(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct store_update beaten, seen;

    fixture_pass(fixture, 30000);
    beaten = lease_beat(fixture, &grant.job.id, 1, 0);
    assert_int_equal(beaten.call.problem, PROBLEM_NONE);
    assert_same_job(&beaten.job, &grant.job);
    assert_true(beaten.lease.expires_at == START_MS + 30000 + LEASE_MS);
    seen = lease_look(fixture, &grant.job.id);
    assert_same_job(&seen.job, &grant.job);
    assert_same_lease(&seen.lease, &beaten.lease);
    assert_true(must_create_named(fixture, "next").change == grant.job.change + 1);
}

static void a_report_beats_and_an_end_lets_go(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct store_update update;

    fixture_pass(fixture, 1000);
    update = lease_report(fixture, &grant.job.id, 1, progress);
    assert_int_equal(update.call.problem, PROBLEM_NONE);
    assert_int_equal(update.job.progress, 50);
    assert_true(update.lease.expires_at == START_MS + 1000 + LEASE_MS);
    assert_true(update.lease.progress_on == START_MS + 1000);
    update = lease_report(fixture, &grant.job.id, 1, success);
    assert_int_equal(update.call.problem, PROBLEM_NONE);
    update = lease_look(fixture, &grant.job.id);
    assert_false(update.lease.held);
    assert_true(update.lease.fence == 1);
    assert_int_equal(update.job.status, STATUS_COMPLETED_SUCCESS);
    /* The same once more, by a worker who did not hear the answer. */
    assert_int_equal(lease_report(fixture, &grant.job.id, 1, success).call.problem, PROBLEM_NONE);
    fixture_pass(fixture, HOUR_MS);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
}

static void assert_untouched(struct fixture *fixture, const struct store_update *before,
                             const struct store_update *tried)
{
    struct store_update after = lease_look(fixture, &before->id);

    assert_int_equal(tried->call.problem, PROBLEM_LEASE_LOST);
    assert_same_job(&tried->job, &before->job);
    assert_same_lease(&tried->lease, &before->lease);
    assert_same_job(&after.job, &before->job);
    assert_same_lease(&after.lease, &before->lease);
}

static void a_stale_fence_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 2);
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_update before, tried;

    lease_release(fixture, &grant.job.id, 1, 0);
    assert_int_equal(must_claim(fixture, &claim).count, 1);
    before = lease_look(fixture, &grant.job.id);
    fixture_pass(fixture, 1000);
    for (int64_t fence = 0; fence <= 3; fence++) {
        if (fence == 2)
            continue;
        tried = lease_report(fixture, &grant.job.id, fence, progress);
        assert_untouched(fixture, &before, &tried);
        tried = lease_report(fixture, &grant.job.id, fence, success);
        assert_untouched(fixture, &before, &tried);
        tried = lease_beat(fixture, &grant.job.id, fence, 0);
        assert_untouched(fixture, &before, &tried);
    }
    assert_true(must_create_named(fixture, "next").change == before.job.change + 1);
}

static enum problem spoil(void *context, const struct hold *hold, bool *ret_changed,
                          struct err *err)
{
    (void)err;
    hold->job->progress = 99;
    hold->lease->expires_at += 12345;
    hold->lease->worker = span_of("nobody");
    *ret_changed = true;
    return *(const enum problem *)context;
}

static void a_problem_leaves_both_untouched(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    enum problem problem = PROBLEM_LEASE_LOST;
    struct store_update before = lease_look(fixture, &grant.job.id);
    struct store_update update = {
        .id = grant.job.id, .mutate = spoil, .context = &problem, .arena = &fixture->arena};

    STORE_WAIT(store_update, fixture->store, &update);
    assert_untouched(fixture, &before, &update);
    problem = PROBLEM_NONE;
    STORE_WAIT(store_update, fixture->store, &update);
    before = lease_look(fixture, &grant.job.id);
    assert_same_lease(&before.lease, &update.lease);
    assert_true(span_is(before.lease.worker, "nobody"));
    assert_int_equal(before.job.progress, 99);
}

static void a_late_beat_still_counts(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);

    fixture_pass(fixture, LEASE_MS + 1);
    assert_int_equal(lease_beat(fixture, &grant.job.id, 1, 5000).call.problem, PROBLEM_NONE);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    fixture_pass(fixture, 5000);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
    assert_int_equal(lease_beat(fixture, &grant.job.id, 1, 0).call.problem, PROBLEM_LEASE_LOST);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_job_never_granted_has_no_lease), STORE_TEST(the_mutator_sees_the_lease),
        STORE_TEST(a_beat_is_no_change_of_the_job),   STORE_TEST(a_report_beats_and_an_end_lets_go),
        STORE_TEST(a_stale_fence_changes_nothing),    STORE_TEST(a_problem_leaves_both_untouched),
        STORE_TEST(a_late_beat_still_counts),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store leases", tests, NULL, NULL);
}
