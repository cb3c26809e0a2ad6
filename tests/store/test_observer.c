/* The observer: hears of each job that becomes ready, and of what is due sooner than was said. */
#include "leases.h"

#include "base/mem.h"

#include <string.h>

/* Written by one thread at a time, the last time before the call that caused it was answered. */
struct heard {
    struct store_observer observer;
    int ready, due, changed;
    char type[16]; /* the last one's */
    int64_t in_ms; /* the last one */
    int64_t position, change; /* the last ones */
};

static void hear_ready(void *context, struct span type)
{
    struct heard *heard = context;

    heard->ready++;
    memset(heard->type, 0, sizeof(heard->type));
    memcpy(heard->type, type.ptr, type.len < sizeof(heard->type) ? type.len : 0);
}

static void hear_due(void *context, int64_t in_ms)
{
    struct heard *heard = context;

    heard->due++;
    heard->in_ms = in_ms;
}

static void hear_changed(void *context, int64_t position, int64_t change)
{
    struct heard *heard = context;

    heard->changed++;
    heard->position = position;
    heard->change = change;
}

/* Of the fixture's arena, as the store may tell of something until it is closed. */
static struct heard *observe_unreaped(struct fixture *fixture)
{
    struct heard *heard = mem_need(ARENA_NEW(&fixture->arena, struct heard));

    heard->observer = (struct store_observer){.context = heard,
                                              .ready = hear_ready,
                                              .due = hear_due,
                                              .changed = hear_changed};
    store_observe(fixture->store, &heard->observer);
    return heard;
}

static struct heard *observe(struct fixture *fixture)
{
    struct heard *heard = observe_unreaped(fixture);

    must_reap(fixture, 10);
    return heard;
}

static void assert_heard(struct heard *heard, int ready, int due)
{
    assert_int_equal(heard->ready, ready);
    assert_int_equal(heard->due, due);
    heard->ready = heard->due = 0;
}

static void assert_changed(struct heard *heard, int changed, const struct job *last)
{
    assert_int_equal(heard->changed, changed);
    assert_true(heard->position == last->position && heard->change == last->change);
    heard->changed = 0;
}

static void every_new_job_is_ready(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct draft drafts[5];
    struct job *jobs;

    heard = observe(fixture);
    for (int i = 0; i < 5; i++)
        drafts[i] = draft_of(&fixture->arena, "job", i < 3 ? "A" : "B");
    drafts[1].self_managed = true;
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, 5, &jobs), 0);
    assert_string_equal(heard->type, "B");
    assert_heard(heard, 4, 0);
}

static void a_delayed_job_is_due_then_ready(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");

    heard = observe(fixture);
    draft.run_after = START_MS + 2000;
    must_create(fixture, &draft);
    assert_true(heard->in_ms == 2000);
    assert_heard(heard, 0, 1);
    draft.run_after = START_MS + 3000; /* later than what is known */
    must_create(fixture, &draft);
    assert_heard(heard, 0, 0);
    draft.run_after = START_MS - 1000;
    must_create(fixture, &draft);
    assert_true(heard->in_ms == 0);
    assert_heard(heard, 0, 1);
    fixture_pass(fixture, 2000);
    assert_true(must_reap(fixture, 10).next_ms == 1000);
    assert_string_equal(heard->type, "TEST");
    assert_heard(heard, 2, 0);
    fixture_pass(fixture, 1000);
    must_reap(fixture, 10);
    assert_heard(heard, 1, 0);
}

/* So nobody has to reckon with millennia. */
static void what_is_due_in_years_is_told_as_a_minute(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard = observe_unreaped(fixture);
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");

    draft.run_after = INT64_C(253402300799000);
    must_create(fixture, &draft);
    assert_true(heard->in_ms == 60000);
    assert_heard(heard, 0, 1);
}

static void a_lease_is_due_when_it_is_the_first(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct grant grant;

    heard = observe(fixture);
    grant = must_grant(fixture, 1); /* a minute: the reaper comes then anyway */
    assert_heard(heard, 1, 0);
    must_create_named(fixture, "short");
    claim.by.lease_ms = 5000;
    assert_int_equal(must_claim(fixture, &claim).count, 1);
    assert_true(heard->in_ms == 5000);
    assert_heard(heard, 1, 1);
    lease_beat(fixture, &grant.job.id, 1, 0);
    assert_heard(heard, 0, 0);
}

static void what_comes_back_is_ready(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct grant grant = must_grant(fixture, 3);
    struct claim claim = claim_of(fixture, "TEST", 1);

    heard = observe(fixture);
    lease_release(fixture, &grant.job.id, 1, 0);
    assert_heard(heard, 1, 0);
    must_claim(fixture, &claim);
    lease_release(fixture, &grant.job.id, 2, 1000);
    assert_true(heard->in_ms == 1000);
    assert_heard(heard, 0, 1);
    fixture_pass(fixture, 1000);
    must_reap(fixture, 10);
    assert_heard(heard, 1, 0);
}

static void an_expired_job_is_ready_after_its_back_off(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct store_reap reap;

    must_grant(fixture, 2);
    heard = observe(fixture);
    fixture_pass(fixture, LEASE_MS);
    reap = must_reap(fixture, 10);
    assert_heard(heard, 0, 0); /* the answer says when */
    fixture_pass(fixture, reap.next_ms);
    must_reap(fixture, 10);
    assert_heard(heard, 1, 0);
}

static void a_failed_update_is_no_news(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct grant grant = must_grant(fixture, 1);

    heard = observe(fixture);
    assert_int_equal(lease_release(fixture, &grant.job.id, 7, 0).call.problem, PROBLEM_LEASE_LOST);
    assert_heard(heard, 0, 0);
}

static void every_write_of_a_job_is_a_change(void **state)
{
    struct fixture *fixture = *state;
    struct heard *heard;
    struct job job;
    struct grant grant;
    struct store_reap reap;

    heard = observe(fixture);
    job = must_create_named(fixture, "job");
    assert_changed(heard, 1, &job);
    grant = must_grant(fixture, 2);
    assert_int_equal(heard->changed, 2);
    assert_true(heard->position == grant.job.position && heard->change == grant.job.change);
    heard->changed = 0;
    lease_beat(fixture, &grant.job.id, 1, 0);
    assert_int_equal(heard->changed, 0);
    fixture_pass(fixture, LEASE_MS);
    reap = must_reap(fixture, 10);
    job = must_get(fixture, &grant.job.id);
    assert_changed(heard, 1, &job);
    fixture_pass(fixture, reap.next_ms); /* its back-off is over: nothing that anybody sees */
    must_reap(fixture, 10);
    assert_int_equal(heard->changed, 0);
}

static void all_observers_hear_until_they_are_removed(void **state)
{
    struct fixture *fixture = *state;
    struct heard *first = observe(fixture), *second = observe(fixture);

    must_create_named(fixture, "job");
    assert_heard(first, 1, 0);
    assert_heard(second, 1, 0);
    store_unobserve(fixture->store, &first->observer);
    must_create_named(fixture, "job");
    assert_heard(first, 0, 0);
    assert_heard(second, 1, 0);
    store_unobserve(fixture->store, &second->observer);
    must_create_named(fixture, "job");
    assert_heard(second, 0, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_new_job_is_ready),
        STORE_TEST(a_delayed_job_is_due_then_ready),
        STORE_TEST(what_is_due_in_years_is_told_as_a_minute),
        STORE_TEST(a_lease_is_due_when_it_is_the_first),
        STORE_TEST(what_comes_back_is_ready),
        STORE_TEST(an_expired_job_is_ready_after_its_back_off),
        STORE_TEST(a_failed_update_is_no_news),
        STORE_TEST(every_write_of_a_job_is_a_change),
        STORE_TEST(all_observers_hear_until_they_are_removed),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store observer", tests, NULL, NULL);
}
