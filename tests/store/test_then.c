/* Claims that hang on an update: granted with it in one transaction, or not at all. */
#include "leases.h"
#include "threads.h"

#include "base/metrics.h"

#define THREADS 8
#define JOBS 400

static struct job create_named(struct fixture *fixture, const char *name)
{
    struct draft draft = draft_of(&fixture->arena, name, "TEST");

    draft.payload = span_of("{\"a\":1}");
    return must_create(fixture, &draft);
}

static struct report ending(int64_t fence)
{
    return (struct report){.event = {.kind = EVENT_END,
                                     .status = STATUS_COMPLETED_SUCCESS,
                                     .progress = JOB_NO_PROGRESS},
                           .fence = fence};
}

static struct report release(int64_t fence)
{
    return (struct report){.event = {.kind = EVENT_RELEASE, .progress = JOB_NO_PROGRESS},
                           .fence = fence};
}

static struct store_claim then_of(struct fixture *fixture, const struct claim *claim)
{
    return (struct store_claim){.claim = claim, .arena = &fixture->arena};
}

static void assert_granted(const struct store_claim *then, size_t i, const struct job *job)
{
    assert_int_equal(then->call.problem, PROBLEM_NONE);
    assert_true(i < then->count);
    assert_true(uuid_eq(&then->grants[i].job.id, &job->id));
}

/* Any job of the type that waits; the test ends if there is none. */
static struct grant first_of(struct fixture *fixture, const char *name)
{
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim claimed;

    create_named(fixture, name);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    return claimed.grants[0];
}

static void an_end_grants_the_next(void **state)
{
    struct fixture *fixture = *state;
    struct grant first = first_of(fixture, "first");
    struct claim claim = claim_of(fixture, "TEST", 2);
    struct store_claim then = then_of(fixture, &claim);
    struct job second = create_named(fixture, "second"), kept;
    struct store_update ended;

    fixture_pass(fixture, 500);
    ended = lease_report_then(fixture, &first.job.id, ending(first.fence), &then);
    assert_int_equal(ended.call.problem, PROBLEM_NONE);
    assert_int_equal(ended.job.status, STATUS_COMPLETED_SUCCESS);
    assert_int_equal(then.count, 1);
    assert_granted(&then, 0, &second);
    assert_true(span_is(then.grants[0].payload, "{\"a\":1}"));
    assert_true(then.grants[0].fence == 1);
    assert_true(then.grants[0].expires_on == START_MS + 500 + LEASE_MS);
    assert_true(then.grants[0].job.change == ended.job.change + 1);
    kept = must_get(fixture, &second.id);
    assert_same_job(&kept, &then.grants[0].job);
    assert_true(lease_look(fixture, &second.id).lease.held);
}

static void both_are_in_one_commit(void **state)
{
    struct fixture *fixture = *state;
    struct grant first = first_of(fixture, "first");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim then = then_of(fixture, &claim);
    int64_t commits;

    claim.request_id = span_of("request");
    create_named(fixture, "second");
    fixture_pass(fixture, 1);
    commits = metric_get(METRIC_STORE_COMMITS);
    lease_report_then(fixture, &first.job.id, ending(first.fence), &then);
    assert_int_equal(then.count, 1);
    assert_true(metric_get(METRIC_STORE_COMMITS) - commits <= 1); /* none where nothing is kept */
}

static void nothing_may_be_there(void **state)
{
    struct fixture *fixture = *state;
    struct grant first = first_of(fixture, "first");
    struct claim claim = claim_of(fixture, "TEST", 5);
    struct store_claim then = then_of(fixture, &claim);

    assert_int_equal(
        lease_report_then(fixture, &first.job.id, ending(first.fence), &then).call.problem, 0);
    assert_int_equal(then.call.problem, PROBLEM_NONE);
    assert_int_equal(then.count, 0);
}

static void assert_refused(struct fixture *fixture, const struct uuid *id, struct report report,
                           enum problem problem)
{
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim then = then_of(fixture, &claim);

    claim.request_id = span_of("of a refused report");
    assert_int_equal(lease_report_then(fixture, id, report, &then).call.problem, problem);
    assert_int_equal(then.count, 0);
}

static void a_refused_end_grants_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct grant lost = first_of(fixture, "lost"), gone = first_of(fixture, "gone");
    struct grant over = first_of(fixture, "over");
    struct claim claim = claim_of(fixture, "TEST", 10);
    struct job waiting = create_named(fixture, "waiting"), kept;
    struct report failure = ending(over.fence);

    assert_refused(fixture, &lost.job.id, ending(lost.fence + 1), PROBLEM_LEASE_LOST);
    job_report(fixture->store, &fixture->arena, &gone.job.id,
               (struct job_event){.kind = EVENT_DELETE, .progress = JOB_NO_PROGRESS}, &kept);
    assert_refused(fixture, &gone.job.id, ending(gone.fence), PROBLEM_JOB_DELETED);
    lease_report_then(fixture, &over.job.id, ending(over.fence), NULL);
    failure.event.status = STATUS_FAILED_FAILURE;
    assert_refused(fixture, &over.job.id, failure, PROBLEM_LEASE_LOST);
    failure.fence = LEASE_NO_FENCE;
    assert_refused(fixture, &over.job.id, failure, PROBLEM_CONFLICT);
    assert_refused(fixture, &(struct uuid){0}, ending(1), PROBLEM_JOB_NOT_FOUND);

    kept = must_get(fixture, &waiting.id);
    assert_same_job(&kept, &waiting);
    claim.request_id = span_of("of a refused report");
    assert_int_equal(must_claim(fixture, &claim).count, 1);
}

/* The answer may have been lost: the same again, or a claim under the same id. */
static void a_repetition_yields_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct grant first = first_of(fixture, "first");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim then[2] = {then_of(fixture, &claim), then_of(fixture, &claim)};
    struct job second = create_named(fixture, "second");
    struct store_update ended[2];
    struct store_claim claimed;

    claim.request_id = span_of("request");
    create_named(fixture, "third");
    for (size_t i = 0; i < 2; i++) {
        ended[i] = lease_report_then(fixture, &first.job.id, ending(first.fence), &then[i]);
        assert_int_equal(ended[i].call.problem, PROBLEM_NONE);
        assert_int_equal(then[i].count, 1);
        assert_granted(&then[i], 0, &second);
        assert_true(then[i].grants[0].fence == 1);
    }
    assert_same_job(&ended[0].job, &ended[1].job);
    assert_same_job(&then[0].grants[0].job, &then[1].grants[0].job);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    assert_granted(&claimed, 0, &second);
}

/* Who gives a job back is not handed it in the same breath; a later claim may be. */
static void a_released_job_goes_to_another_claim(void **state)
{
    struct fixture *fixture = *state;
    struct grant first = first_of(fixture, "first");
    struct claim claim = claim_of(fixture, "TEST", 5);
    struct store_claim then = then_of(fixture, &claim), claimed;
    struct job second = create_named(fixture, "second");

    assert_int_equal(
        lease_report_then(fixture, &first.job.id, release(first.fence), &then).call.problem, 0);
    assert_int_equal(then.count, 1);
    assert_granted(&then, 0, &second);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    assert_granted(&claimed, 0, &first.job);
    assert_true(claimed.grants[0].fence == 2);
}

/* A job that waits, nobody holding it, is passed over as well, and keeps nobody else back. */
static void its_own_job_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim then = then_of(fixture, &claim);
    struct job own = create_named(fixture, "own"), other = create_named(fixture, "other");

    assert_int_equal(
        lease_report_then(fixture, &own.id, release(LEASE_NO_FENCE), &then).call.problem, 0);
    assert_int_equal(then.count, 1);
    assert_granted(&then, 0, &other);
}

static void a_claim_without_room_leaves_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct grant first = first_of(fixture, "first");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim then = then_of(fixture, &claim), claimed;
    struct job second = create_named(fixture, "second");
    struct arena none;

    arena_init(&none, 0);
    then.arena = &none;
    then.grants = ARENA_NEW(&fixture->arena, struct grant);
    assert_int_equal(
        lease_report_then(fixture, &first.job.id, ending(first.fence), &then).call.problem, 0);
    assert_int_equal(then.call.problem, PROBLEM_NO_MEMORY);
    assert_int_equal(must_get(fixture, &first.job.id).status, STATUS_COMPLETED_SUCCESS);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    assert_granted(&claimed, 0, &second);
    assert_true(claimed.grants[0].fence == 1);
}

struct race {
    struct store *store;
    struct claim claim;
    _Atomic int granted[JOBS];
    _Atomic int ended;
};

static enum problem end_it(void *context, const struct hold *hold, bool *ret_changed,
                           struct err *err)
{
    return hold_report(hold, context, ret_changed, err);
}

/* Ends the job and takes the next ones in its place; false on anything unforeseen. */
static bool end_and_take(struct race *race, struct arena *arena, struct grant *grant,
                         bool *ret_more)
{
    struct report report = ending(grant->fence);
    struct store_claim then = {.claim = &race->claim, .arena = arena};
    struct store_update update = {
        .id = grant->job.id, .mutate = end_it, .context = &report, .then = &then, .arena = arena};

    if (race->granted[grant->job.priority]++ != 0 || grant->fence != 1)
        return false;
    report.event.by = user_at(9);
    STORE_WAIT(store_update, race->store, &update);
    if (update.call.problem != PROBLEM_NONE || then.call.problem != PROBLEM_NONE)
        return false;
    race->ended++;
    *ret_more = then.count > 0;
    if (*ret_more)
        *grant = then.grants[0];
    return !*ret_more || grant->job.change == update.job.change + 1;
}

static bool work(void *context, size_t number)
{
    struct race *race = context;
    AUTO(arena_release) struct arena arena;
    struct store_claim claimed;
    struct grant grant;
    bool more;

    (void)number;
    arena_init(&arena, 16 << 20);
    if (jobs_claim(race->store, &arena, &race->claim, &claimed) != PROBLEM_NONE)
        return false;
    more = claimed.count > 0;
    if (more)
        grant = claimed.grants[0];
    while (more)
        if (!end_and_take(race, &arena, &grant, &more))
            return false;
    return true;
}

/* Nothing comes between an end and its grant, and nothing is granted twice or left. */
static void many_work_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct draft *drafts = ARENA_ARRAY(&fixture->arena, struct draft, JOBS);
    struct race *race = ARENA_NEW(&fixture->arena, struct race);
    struct job *jobs;

    race->store = fixture->store;
    race->claim = claim_of(fixture, "TEST", 1);
    for (int32_t i = 0; i < JOBS; i++) {
        drafts[i] = draft_of(&fixture->arena, "job", "TEST");
        drafts[i].priority = i; /* tells them apart */
    }
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, JOBS, &jobs), 0);
    assert_int_equal(threads_run(THREADS, work, race), 0);
    assert_int_equal(race->ended, JOBS);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_end_grants_the_next),
        STORE_TEST(both_are_in_one_commit),
        STORE_TEST(nothing_may_be_there),
        STORE_TEST(a_refused_end_grants_nothing),
        STORE_TEST(a_repetition_yields_the_same),
        STORE_TEST(a_released_job_goes_to_another_claim),
        STORE_TEST(its_own_job_is_passed_over),
        STORE_TEST(a_claim_without_room_leaves_the_end),
        STORE_TEST(many_work_at_once),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store claims that hang on an update", tests, NULL, NULL);
}
