/* Reaping: leases end at their time and not by jumps of the wall clock; delays are over in time. */
#include "leases.h"

#define YEAR_MS (365 * 24 * HOUR_MS)

static void assert_job(struct fixture *fixture, const struct uuid *id, enum job_status status,
                       bool held)
{
    struct store_update seen = lease_look(fixture, id);

    assert_int_equal(seen.job.status, status);
    assert_int_equal(seen.lease.held, held);
}

static void a_lease_ends_at_its_time(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 2);
    struct store_update seen;
    struct store_reap reap = must_reap(fixture, 10);

    assert_true(!reap.more && reap.next_ms == LEASE_MS);
    fixture_pass(fixture, LEASE_MS - 1);
    reap = must_reap(fixture, 10);
    assert_true(reap.expired == 0 && !reap.more && reap.next_ms == 1);
    assert_job(fixture, &grant.job.id, STATUS_RUNNING, true);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
    seen = lease_look(fixture, &grant.job.id);
    assert_int_equal(seen.job.status, STATUS_WAITING);
    assert_false(seen.lease.held);
    assert_true(seen.lease.fence == 1);
    assert_true(seen.job.change == grant.job.change + 1);
    assert_true(uuid_eq(&seen.job.modified_by, &seen.lease.account));
    /* 5 s, a quarter more or less. */
    assert_in_range(seen.job.run_after - START_MS - LEASE_MS, 3750, 6250);
}

static void the_next_attempt_comes_after_the_back_off(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 2);
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim claimed;
    struct store_reap reap;

    fixture_pass(fixture, LEASE_MS);
    reap = must_reap(fixture, 10);
    assert_in_range(reap.next_ms, 3750, 6250);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
    fixture_pass(fixture, reap.next_ms);
    assert_int_equal(must_reap(fixture, 10).readied, 1);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    assert_true(claimed.grants[0].fence == 2 && claimed.grants[0].job.attempt == 2);
    fixture_pass(fixture, LEASE_MS);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
    assert_int_equal(lease_look(fixture, &grant.job.id).job.status, STATUS_FAILED_ABORTED);
}

static void a_self_managed_job_is_lost_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct job created;

    draft.self_managed = true;
    draft.max_attempts = 5;
    draft.has_claim = true;
    draft.claim_worker = span_of("worker");
    draft.claim_lease_ms = 5000;
    created = must_create(fixture, &draft);
    fixture_pass(fixture, 5000);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
    assert_job(fixture, &created.id, STATUS_FAILED_ABORTED, false);
    assert_true(span_is(must_get(fixture, &created.id).message, "Worker lost"));
}

static void a_step_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct store_reap reap;

    for (int i = 0; i < 7; i++)
        must_grant(fixture, 1);
    draft.run_after = START_MS + 1000;
    for (int i = 0; i < 4; i++)
        must_create(fixture, &draft);
    fixture_pass(fixture, LEASE_MS);
    reap = must_reap(fixture, 4);
    assert_int_equal(reap.expired + reap.readied, 4);
    assert_true(reap.more);
    reap = must_reap(fixture, 4);
    assert_int_equal(reap.expired + reap.readied, 4);
    assert_true(reap.more);
    reap = must_reap(fixture, 4);
    assert_int_equal(reap.expired + reap.readied, 3);
    assert_false(reap.more);
    assert_true(reap.next_ms == 60000);
}

static void delays_are_over_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct store_reap reap;

    lease_release(fixture, &grant.job.id, 1, 3000);
    draft.run_after = START_MS + 2000;
    must_create(fixture, &draft);
    draft.self_managed = true;
    draft.run_after = START_MS + 1000;
    must_create(fixture, &draft);
    reap = must_reap(fixture, 10);
    assert_true(reap.readied == 0 && reap.next_ms == 2000);
    fixture_pass(fixture, 2000);
    reap = must_reap(fixture, 10);
    assert_true(reap.readied == 1 && reap.next_ms == 1000);
    fixture_pass(fixture, 1000);
    reap = must_reap(fixture, 10);
    assert_true(reap.readied == 1 && reap.next_ms == 60000);
}

static void a_wall_clock_that_jumps_frees_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct store_update seen;

    fixture->clock.ms += YEAR_MS;
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    fixture_pass(fixture, LEASE_MS - 1);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    seen = lease_look(fixture, &grant.job.id);
    assert_true(lease_expires_on(&seen.lease, seen.now) == START_MS + YEAR_MS + LEASE_MS);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

static void a_wall_clock_that_jumps_immortalises_nothing(void **state)
{
    struct fixture *fixture = *state;

    must_grant(fixture, 1);
    fixture->clock.ms -= YEAR_MS;
    fixture_pass(fixture, LEASE_MS - 1);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_lease_ends_at_its_time),
        STORE_TEST(the_next_attempt_comes_after_the_back_off),
        STORE_TEST(a_self_managed_job_is_lost_at_once),
        STORE_TEST(a_step_is_bounded),
        STORE_TEST(delays_are_over_in_their_order),
        STORE_TEST(a_wall_clock_that_jumps_frees_nothing),
        STORE_TEST(a_wall_clock_that_jumps_immortalises_nothing),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store reap", tests, NULL, NULL);
}
