/* The overview: jobs counted by state up to a bound, and the leases that make no progress. */
#include "leases.h"

#include "base/mem.h"

#define PAUSE_MS INT64_C(1000)

static const struct job_event start = {.kind = EVENT_START, .progress = JOB_NO_PROGRESS};
static const struct job_event failure = {
    .kind = EVENT_END, .status = STATUS_FAILED_FAILURE, .progress = JOB_NO_PROGRESS};
static const struct job_event removal = {
    .kind = EVENT_DELETE, .has_message = true, .progress = JOB_NO_PROGRESS};

static struct summary must_count(struct fixture *fixture, int64_t stalled_until)
{
    struct store_summary operation = {.stalled_until = stalled_until};

    STORE_WAIT(store_summary, fixture->store, &operation);
    assert_int_equal(operation.call.problem, PROBLEM_NONE);
    return operation.summary;
}

static void assert_counts(struct fixture *fixture, const int64_t expected[static STATE_COUNT])
{
    struct summary summary = must_count(fixture, 0);

    for (int state = 0; state < STATE_COUNT; state++)
        assert_int_equal(summary.states[state], expected[state]);
}

static void must_report(struct fixture *fixture, const struct uuid *id, struct job_event event)
{
    struct job job;

    event.by = user_at(1);
    assert_int_equal(job_report(fixture->store, &fixture->arena, id, event, &job), PROBLEM_NONE);
}

static void an_empty_store_counts_nothing(void **state)
{
    static const int64_t none[STATE_COUNT];

    assert_counts(*state, none);
    assert_int_equal(must_count(*state, INT64_MAX).stalled, 0);
}

static void every_state_is_counted(void **state)
{
    struct fixture *fixture = *state;
    static const int64_t expected[STATE_COUNT] = {
        [STATE_WAITING] = 1, [STATE_RUNNING] = 2, [STATE_FAILED] = 1, [STATE_DELETED] = 2};
    struct job jobs[6];

    for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
        jobs[i] = must_create_named(fixture, "job");
    must_report(fixture, &jobs[1].id, start);
    must_report(fixture, &jobs[2].id, start);
    must_report(fixture, &jobs[3].id, failure);
    must_report(fixture, &jobs[4].id, failure);
    must_report(fixture, &jobs[4].id, removal);
    must_report(fixture, &jobs[5].id, removal);
    assert_counts(fixture, expected);
}

static void counts_end_at_the_bound(void **state)
{
    struct fixture *fixture = *state;
    struct draft *drafts = mem_need(mem_alloc(SUMMARY_COUNT_MAX, sizeof(*drafts)));
    struct job *jobs;

    for (size_t i = 0; i < SUMMARY_COUNT_MAX; i++)
        drafts[i] = draft_of(&fixture->arena, "job", "TEST");
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, SUMMARY_COUNT_MAX, &jobs),
                     PROBLEM_NONE);
    assert_int_equal(must_count(fixture, 0).states[STATE_WAITING], SUMMARY_COUNT_MAX);
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, 2, &jobs), PROBLEM_NONE);
    assert_true(must_count(fixture, 0).states[STATE_WAITING] > SUMMARY_COUNT_MAX);
    mem_free(drafts);
}

static void beats_are_no_progress(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct job_event progress = {.kind = EVENT_PROGRESS, .progress = 50};

    assert_int_equal(must_count(fixture, START_MS - 1).stalled, 0);
    assert_int_equal(must_count(fixture, START_MS).stalled, 1);
    fixture_pass(fixture, PAUSE_MS);
    lease_beat(fixture, &grant.job.id, 1, 0);
    assert_int_equal(must_count(fixture, START_MS).stalled, 1);
    lease_report(fixture, &grant.job.id, 1, progress);
    assert_int_equal(must_count(fixture, START_MS).stalled, 0);
    fixture_pass(fixture, PAUSE_MS);
    lease_report(fixture, &grant.job.id, 1, progress); /* nothing new */
    assert_int_equal(must_count(fixture, START_MS + PAUSE_MS).stalled, 1);
    lease_report(fixture, &grant.job.id, 1, failure);
    assert_int_equal(must_count(fixture, INT64_MAX).stalled, 0);
}

static struct store_stalled must_list(struct fixture *fixture, struct lease_place after,
                                      int64_t until, size_t limit)
{
    struct store_stalled stalled = {
        .after = after, .until = until, .limit = limit, .arena = &fixture->arena};

    STORE_WAIT(store_stalled, fixture->store, &stalled);
    assert_int_equal(stalled.call.problem, PROBLEM_NONE);
    return stalled;
}

static void a_stalled_lease_comes_with_its_job(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    struct store_update seen;
    struct store_stalled stalled;

    fixture_pass(fixture, PAUSE_MS);
    lease_beat(fixture, &grant.job.id, 1, 0);
    seen = lease_look(fixture, &grant.job.id);
    stalled = must_list(fixture, (struct lease_place){0}, START_MS, 10);
    assert_int_equal(stalled.count, 1);
    assert_same_job(&stalled.jobs[0].job, &grant.job);
    assert_same_lease(&stalled.jobs[0].lease, &seen.lease);
    assert_true(seen.lease.beat_on == START_MS + PAUSE_MS && seen.lease.progress_on == START_MS);
}

/* Two grants each moment, the second of which is over again at every third. */
static size_t grant_some(struct fixture *fixture, struct uuid *ret_ids, size_t moments)
{
    size_t count = 0;

    for (size_t i = 0; i < moments; i++) {
        struct grant first = must_grant(fixture, 1), second = must_grant(fixture, 1);
        ret_ids[count++] = first.job.id;
        if (i % 3 == 0)
            lease_report(fixture, &second.job.id, 1, failure);
        else
            ret_ids[count++] = second.job.id;
        fixture_pass(fixture, PAUSE_MS);
    }
    return count;
}

static void pages_follow_each_other(void **state)
{
    struct fixture *fixture = *state;
    struct lease_place after = {0};
    struct uuid ids[40];
    size_t count = grant_some(fixture, ids, 20), seen = 0;
    struct store_stalled page;

    do {
        page = must_list(fixture, after, INT64_MAX, 3);
        for (size_t i = 0; i < page.count; i++, seen++) {
            const struct held_job *held = &page.jobs[i];
            assert_true(seen < count && uuid_eq(&held->job.id, &ids[seen]));
            after = (struct lease_place){held->lease.progress_on, held->job.position};
        }
    } while (page.count == 3);
    assert_int_equal(seen, count);
}

/* As somebody does who looks now and then. */
static void each_is_told_once_as_it_becomes_stalled(void **state)
{
    struct fixture *fixture = *state;
    struct lease_place after = {0};
    struct uuid ids[40];
    size_t count = grant_some(fixture, ids, 20), seen = 0;

    for (int64_t until = START_MS; until <= START_MS + 20 * PAUSE_MS; until += 1500) {
        struct store_stalled window = must_list(fixture, after, until, 100);
        for (size_t i = 0; i < window.count; i++, seen++)
            assert_true(seen < count && uuid_eq(&window.jobs[i].job.id, &ids[seen]));
        assert_int_equal(must_count(fixture, until).stalled, seen);
        after = (struct lease_place){until, INT64_MAX};
    }
    assert_int_equal(seen, count);
}

static struct store_detail look_at(struct fixture *fixture, const struct uuid *id)
{
    struct store_detail detail = {.id = *id, .arena = &fixture->arena};

    STORE_WAIT(store_detail, fixture->store, &detail);
    return detail;
}

static void a_detail_is_the_job_with_its_lease(void **state)
{
    struct fixture *fixture = *state;
    struct draft other = draft_of(&fixture->arena, "waiting", "OTHER");
    struct job waiting = must_create(fixture, &other);
    struct grant grant = must_grant(fixture, 2);
    struct store_detail detail = look_at(fixture, &waiting.id);
    struct store_update seen;

    assert_int_equal(detail.call.problem, PROBLEM_NONE);
    assert_same_job(&detail.job, &waiting);
    assert_true(detail.lease.fence == LEASE_NO_FENCE && !detail.lease.held);
    fixture_pass(fixture, PAUSE_MS);
    lease_beat(fixture, &grant.job.id, 1, 0);
    seen = lease_look(fixture, &grant.job.id);
    detail = look_at(fixture, &grant.job.id);
    assert_same_job(&detail.job, &grant.job);
    assert_same_lease(&detail.lease, &seen.lease);
    assert_true(detail.now.wall == START_MS + PAUSE_MS);
    assert_true(detail.now.lease == seen.now.lease);
    lease_report(fixture, &grant.job.id, 1, failure);
    detail = look_at(fixture, &grant.job.id);
    assert_int_equal(detail.job.status, STATUS_FAILED_FAILURE);
    assert_true(detail.lease.fence == 1 && !detail.lease.held);
    assert_true(span_is(detail.lease.worker, "worker"));
}

static void an_unknown_job_has_no_detail(void **state)
{
    struct uuid unknown = uuid_random();

    assert_int_equal(look_at(*state, &unknown).call.problem, PROBLEM_JOB_NOT_FOUND);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_empty_store_counts_nothing),
        STORE_TEST(every_state_is_counted),
        STORE_TEST(counts_end_at_the_bound),
        STORE_TEST(beats_are_no_progress),
        STORE_TEST(a_stalled_lease_comes_with_its_job),
        STORE_TEST(pages_follow_each_other),
        STORE_TEST(each_is_told_once_as_it_becomes_stalled),
        STORE_TEST(a_detail_is_the_job_with_its_lease),
        STORE_TEST(an_unknown_job_has_no_detail),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store overview", tests, NULL, NULL);
}
