/* Leases across runs: what ran out while nobody looked has a last chance, at any clocks. */
#include "leases.h"

#define YEAR_MS (365 * 24 * HOUR_MS)

static void assert_spared(struct fixture *fixture, const struct grant *grant)
{
    struct store_reap reap = must_reap(fixture, 10);

    assert_int_equal(reap.expired, 0);
    assert_false(reap.more);
    assert_true(reap.next_ms == LEASE_MS);
    fixture_pass(fixture, LEASE_MS - 1);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    assert_true(lease_look(fixture, &grant->job.id).lease.held);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

static void what_ran_out_meanwhile_is_extended(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);

    fixture_pass(fixture, HOUR_MS);
    fixture_reopen(fixture);
    assert_spared(fixture, &grant);
}

static void a_jump_forward_between_runs_frees_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);

    fixture->clock.ms += YEAR_MS;
    fixture_reopen(fixture);
    assert_spared(fixture, &grant);
}

/* A lease that seems to have a moment left has no less than one that seems to have none. */
static void what_runs_out_soon_is_extended(void **state)
{
    struct fixture *fixture = *state;
    struct store_update seen;
    struct grant grant = must_grant(fixture, 1);

    fixture_pass(fixture, LEASE_MS - 10);
    fixture_reopen(fixture);
    assert_true(must_reap(fixture, 10).next_ms == 10);
    fixture_pass(fixture, 10);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    seen = lease_look(fixture, &grant.job.id);
    assert_true(seen.lease.expires_at - seen.now.lease == LEASE_MS - 10);
    fixture_pass(fixture, LEASE_MS - 10);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

static void a_jump_back_between_runs_immortalises_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);

    fixture->clock.ms -= YEAR_MS;
    fixture_reopen(fixture);
    fixture_pass(fixture, LEASE_MS - 1);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    assert_true(lease_look(fixture, &grant.job.id).lease.held);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

/* What is kept may be a minute old, and no more. */
static void the_clock_goes_on_where_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct moment before, after;

    for (int i = 0; i < 10; i++) {
        fixture_pass(fixture, 25000);
        assert_int_equal(lease_beat(fixture, &grant.job.id, 1, 0).call.problem, PROBLEM_NONE);
    }
    before = lease_look(fixture, &grant.job.id).now;
    assert_true(before.lease == START_MS + 250000);
    fixture->clock.ms -= YEAR_MS;
    fixture_reopen(fixture);
    after = lease_look(fixture, &grant.job.id).now;
    assert_true(after.lease <= before.lease && after.lease > before.lease - 60000);
}

static void a_clock_ahead_stays_ahead(void **state)
{
    struct fixture *fixture = *state;
    struct store_update seen;
    struct grant grant;

    fixture->clock.ms += YEAR_MS;
    fixture_reopen(fixture);
    must_grant(fixture, 1);
    fixture->clock.ms -= YEAR_MS;
    fixture_reopen(fixture);
    grant = must_grant(fixture, 1);
    assert_true(grant.expires_on == START_MS + LEASE_MS);
    seen = lease_look(fixture, &grant.job.id);
    assert_true(seen.now.wall == START_MS && seen.now.lease == START_MS + YEAR_MS);
}

static void a_beat_after_the_opening_is_a_beat(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);

    fixture_pass(fixture, HOUR_MS);
    fixture_reopen(fixture);
    fixture_pass(fixture, 1000);
    assert_int_equal(lease_beat(fixture, &grant.job.id, 1, 0).call.problem, PROBLEM_NONE);
    fixture_pass(fixture, LEASE_MS - 1);
    assert_int_equal(must_reap(fixture, 10).expired, 0);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

/* A reaper that first comes long after the opening has no reason to wait. */
static void a_late_reaper_expires_at_once(void **state)
{
    struct fixture *fixture = *state;

    must_grant(fixture, 1);
    fixture_pass(fixture, HOUR_MS);
    fixture_reopen(fixture);
    fixture_pass(fixture, LEASE_MS);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_ran_out_meanwhile_is_extended),
        STORE_TEST(a_jump_forward_between_runs_frees_nothing),
        STORE_TEST(what_runs_out_soon_is_extended),
        STORE_TEST(a_jump_back_between_runs_immortalises_nothing),
        STORE_TEST(the_clock_goes_on_where_it_was),
        STORE_TEST(a_clock_ahead_stays_ahead),
        STORE_TEST(a_beat_after_the_opening_is_a_beat),
        STORE_TEST(a_late_reaper_expires_at_once),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store reap reopened", tests, NULL, NULL);
}
