/* Claims: who gets which job, once, in which order, and the same again when asked twice. */
#include "leases.h"
#include "threads.h"

#include <string.h>

#define THREADS 8
#define JOBS 400
#define ROUNDS 20

static struct job create_of(struct fixture *fixture, const char *name, const char *type,
                            int32_t priority)
{
    struct draft draft = draft_of(&fixture->arena, name, type);

    draft.priority = priority;
    return must_create(fixture, &draft);
}

static void assert_granted(const struct store_claim *claim, size_t i, const char *name)
{
    assert_true(i < claim->count);
    if (!span_is(claim->grants[i].job.name, name))
        fail_msg("%.*s instead of %s", (int)claim->grants[i].job.name.len,
                 claim->grants[i].job.name.ptr, name);
}

static void priority_comes_before_age(void **state)
{
    struct fixture *fixture = *state;
    struct claim claim = claim_of(fixture, "TEST", 10);
    struct store_claim claimed;

    create_of(fixture, "old", "TEST", 0);
    create_of(fixture, "low", "TEST", -5);
    create_of(fixture, "young", "TEST", 0);
    create_of(fixture, "high", "TEST", 7);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 4);
    assert_granted(&claimed, 0, "high");
    assert_granted(&claimed, 1, "old");
    assert_granted(&claimed, 2, "young");
    assert_granted(&claimed, 3, "low");
    assert_int_equal(must_claim(fixture, &claim).count, 0);
}

static void order_goes_across_types(void **state)
{
    struct fixture *fixture = *state;
    struct span types[] = {span_of("A"), span_of("B"), span_of("NONE")};
    struct claim claim = {types, 3, worker_of(LEASE_MS), .max = 3};
    struct store_claim claimed;

    create_of(fixture, "a1", "A", 0);
    create_of(fixture, "b1", "B", 0);
    create_of(fixture, "c1", "C", 9);
    create_of(fixture, "b2", "B", 1);
    create_of(fixture, "a2", "A", 0);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 3);
    assert_granted(&claimed, 0, "b2");
    assert_granted(&claimed, 1, "a1");
    assert_granted(&claimed, 2, "b1");
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    assert_granted(&claimed, 0, "a2");
}

static void a_grant_is_a_change_of_the_job(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim claimed;
    struct job created, kept;

    draft.payload = span_of("{\"a\":1}");
    draft.max_attempts = 3;
    created = must_create(fixture, &draft);
    fixture_pass(fixture, 500);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    assert_true(span_is(claimed.grants[0].payload, "{\"a\":1}"));
    assert_true(claimed.grants[0].fence == 1);
    assert_true(claimed.grants[0].expires_on == START_MS + 500 + LEASE_MS);
    kept = must_get(fixture, &created.id);
    assert_same_job(&kept, &claimed.grants[0].job);
    assert_int_equal(kept.status, STATUS_RUNNING);
    assert_int_equal(kept.attempt, 1);
    assert_true(kept.change == created.change + 1);
    assert_true(kept.started_on == START_MS + 500);
    assert_true(uuid_eq(&kept.modified_by, &claim.by.account));
}

static void self_managed_jobs_are_nobodys(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct claim claim = claim_of(fixture, "TEST", 1);

    draft.self_managed = true;
    must_create(fixture, &draft);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
}

static void delayed_jobs_wait_for_their_time(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct job created, kept;

    draft.run_after = START_MS + 1000;
    created = must_create(fixture, &draft);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
    fixture_pass(fixture, 999);
    assert_int_equal(must_reap(fixture, 10).readied, 0);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
    fixture_pass(fixture, 1);
    assert_int_equal(must_reap(fixture, 10).readied, 1);
    kept = must_get(fixture, &created.id);
    created.run_after = JOB_NO_TIME;
    assert_same_job(&kept, &created);
    assert_int_equal(must_claim(fixture, &claim).count, 1);
}

static void fences_rise(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 5);
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim claimed;

    for (int64_t fence = 1; fence < 5; fence++) {
        assert_true(grant.fence == fence);
        assert_int_equal(grant.job.attempt, fence);
        assert_int_equal(lease_release(fixture, &grant.job.id, fence, 0).call.problem, 0);
        claimed = must_claim(fixture, &claim);
        assert_int_equal(claimed.count, 1);
        grant = claimed.grants[0];
    }
}

static void a_request_comes_again(void **state)
{
    struct fixture *fixture = *state;
    struct claim claim = claim_of(fixture, "TEST", 2), other = claim;
    struct store_claim first, second;

    claim.request_id = other.request_id = span_of("request");
    other.by.account = user_at(8);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
    create_of(fixture, "one", "TEST", 0);
    create_of(fixture, "two", "TEST", 0);
    create_of(fixture, "three", "TEST", 0);
    first = must_claim(fixture, &claim);
    assert_int_equal(first.count, 2);
    fixture_pass(fixture, 1000);
    second = must_claim(fixture, &claim);
    assert_int_equal(second.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_same_job(&first.grants[i].job, &second.grants[i].job);
        assert_true(first.grants[i].fence == second.grants[i].fence);
        assert_true(first.grants[i].expires_on == second.grants[i].expires_on);
    }
    assert_int_equal(must_claim(fixture, &other).count, 1);
}

static void a_repetition_yields_what_is_still_held(void **state)
{
    struct fixture *fixture = *state;
    struct claim claim = claim_of(fixture, "TEST", 2), again = claim;
    struct store_claim first, second;

    claim.request_id = span_of("request");
    create_of(fixture, "one", "TEST", 0);
    create_of(fixture, "two", "TEST", 0);
    first = must_claim(fixture, &claim);
    lease_release(fixture, &first.grants[0].job.id, 1, 0);
    second = must_claim(fixture, &claim);
    assert_int_equal(second.count, 1);
    assert_granted(&second, 0, "two");
    /* Held again, but under another fence. */
    assert_int_equal(must_claim(fixture, &again).count, 1);
    assert_int_equal(must_claim(fixture, &claim).count, 1);
    lease_release(fixture, &first.grants[1].job.id, 1, 0);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
}

static void a_request_is_forgotten_after_ten_minutes(void **state)
{
    struct fixture *fixture = *state;
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim claimed;

    claim.request_id = span_of("request");
    claim.by.lease_ms = HOUR_MS;
    create_of(fixture, "one", "TEST", 0);
    create_of(fixture, "two", "TEST", 0);
    must_claim(fixture, &claim);
    fixture_pass(fixture, 599999);
    claimed = must_claim(fixture, &claim);
    assert_granted(&claimed, 0, "one");
    fixture->clock.ms -= 24 * HOUR_MS; /* which does not count */
    fixture->clock.mono_ms += 1;
    claimed = must_claim(fixture, &claim);
    assert_granted(&claimed, 0, "two");
    claimed = must_claim(fixture, &claim);
    assert_granted(&claimed, 0, "two");
}

struct race {
    struct store *store;
    struct claim claim;
    _Atomic int granted[JOBS];
    _Atomic int total;
};

static bool claim_often(void *context, size_t number)
{
    struct race *race = context;
    struct store_claim claimed = {.count = 1};
    bool good = true;

    (void)number;
    while (good && claimed.count > 0) {
        AUTO(arena_release) struct arena arena;
        arena_init(&arena, 1 << 20);
        good = jobs_claim(race->store, &arena, &race->claim, &claimed) == PROBLEM_NONE;
        for (size_t i = 0; good && i < claimed.count; i++) {
            int32_t job = claimed.grants[i].job.priority;
            good = race->granted[job]++ == 0 && claimed.grants[i].fence == 1;
            race->total++;
        }
    }
    return good;
}

static void no_job_is_granted_twice(void **state)
{
    struct fixture *fixture = *state;
    struct draft *drafts = ARENA_ARRAY(&fixture->arena, struct draft, JOBS);
    struct race *race = ARENA_NEW(&fixture->arena, struct race);
    struct job *jobs;

    race->store = fixture->store;
    race->claim = claim_of(fixture, "TEST", 3);
    for (int32_t i = 0; i < JOBS; i++) {
        drafts[i] = draft_of(&fixture->arena, "job", "TEST");
        drafts[i].priority = i; /* tells them apart */
    }
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, JOBS, &jobs), 0);
    assert_int_equal(threads_run(THREADS, claim_often, race), 0);
    assert_int_equal(race->total, JOBS);
}

/*
 * A job that ends right in front of a claim keeps nobody from the next one. Behind a first call, so
 * that a backend may take both into one batch; which not every time.
 */
static void the_next_job_is_granted_when_one_has_just_gone(void **state)
{
    struct fixture *fixture = *state;
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct job other = create_of(fixture, "other", "OTHER", 0);

    for (int i = 0; i < ROUNDS; i++) {
        struct job going = create_of(fixture, "going", "TEST", 0), ended = going;
        struct store_claim claimed = {.claim = &claim, .arena = &fixture->arena};
        struct job_put first, end;
        struct store_waiter waiter;

        create_of(fixture, "staying", "TEST", 0);
        ended.status = STATUS_FAILED_FAILURE;
        store_waiter_init(&waiter, &claimed.call);
        job_put_begin(&first, fixture->store, &fixture->arena, &other.id, &other);
        job_put_begin(&end, fixture->store, &fixture->arena, &going.id, &ended);
        store_claim(fixture->store, &claimed);
        store_waiter_wait(&waiter);
        assert_int_equal(job_put_end(&first, &other), PROBLEM_NONE);
        assert_int_equal(job_put_end(&end, &ended), PROBLEM_NONE);
        assert_int_equal(claimed.call.problem, PROBLEM_NONE);
        assert_granted(&claimed, 0, "staying");
    }
}

static void a_creator_may_hold_from_the_start(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_update seen;
    struct job created, kept;

    draft.has_claim = true;
    draft.claim_worker = span_of("creator");
    draft.claim_lease_ms = 5000;
    created = must_create(fixture, &draft);
    assert_int_equal(created.status, STATUS_RUNNING);
    kept = must_get(fixture, &created.id);
    assert_same_job(&kept, &created);
    assert_int_equal(must_claim(fixture, &claim).count, 0);
    seen = lease_look(fixture, &created.id);
    assert_true(seen.lease.held && seen.lease.fence == 1 && seen.lease.lease_ms == 5000);
    assert_true(span_is(seen.lease.worker, "creator"));
    assert_true(uuid_eq(&seen.lease.account, &draft.created_by));
    fixture_pass(fixture, 5000);
    assert_int_equal(must_reap(fixture, 10).expired, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(priority_comes_before_age),
        STORE_TEST(order_goes_across_types),
        STORE_TEST(a_grant_is_a_change_of_the_job),
        STORE_TEST(self_managed_jobs_are_nobodys),
        STORE_TEST(delayed_jobs_wait_for_their_time),
        STORE_TEST(fences_rise),
        STORE_TEST(a_request_comes_again),
        STORE_TEST(a_repetition_yields_what_is_still_held),
        STORE_TEST(a_request_is_forgotten_after_ten_minutes),
        STORE_TEST(no_job_is_granted_twice),
        STORE_TEST(the_next_job_is_granted_when_one_has_just_gone),
        STORE_TEST(a_creator_may_hold_from_the_start),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store claims", tests, NULL, NULL);
}
