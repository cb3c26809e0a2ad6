/* A random walk of workers over one job: never two holders, never two endings. */
#include "model/hold.h"

#include "model_test.h"

enum { ROUNDS = 4000, STEPS = 60, WORKERS = 4, NOBODY = -1 };

/*
 * The job and its lease, and beside them what an onlooker concludes from the answers alone: who
 * holds the job, until when, and how often it ended.
 */
struct walk {
    struct job job;
    struct lease lease;
    struct moment now;
    uint64_t seed;
    int64_t fences[WORKERS]; /* what each worker believes to hold it by; stale mostly */
    int holder;
    int64_t last_fence, until;
    int32_t grants;
    int endings;
};

static unsigned pick(struct walk *walk, unsigned count)
{
    return (unsigned)(next_number(&walk->seed) >> 20) % count;
}

static struct uuid account_of(int worker)
{
    return (struct uuid){{(uint8_t)(worker + 1)}};
}

static struct hold hold_of(struct walk *walk)
{
    return (struct hold){&walk->job, &walk->lease, walk->now};
}

static struct walk new_walk(uint64_t seed)
{
    struct walk walk = {
        .job = {.position = position_at(1000),
                .status = STATUS_WAITING,
                .progress = JOB_NO_PROGRESS,
                .modified_on = 1000,
                .started_on = JOB_NO_TIME,
                .ended_on = JOB_NO_TIME,
                .run_after = JOB_NO_TIME},
        .now = {.wall = 5000, .lease = 100000},
        .seed = seed,
        .holder = NOBODY,
    };
    walk.job.max_attempts = 1 + (int32_t)pick(&walk, 6);
    walk.job.self_managed = pick(&walk, 8) == 0;
    return walk;
}

static void claim(struct walk *walk, int worker)
{
    struct hold hold = hold_of(walk);
    struct claimant by = {SPAN("worker"), account_of(worker), 5000 + (int64_t)pick(walk, 5000)};
    bool waited = walk->job.status == STATUS_WAITING;
    enum problem problem = hold_claim(&hold, &by, NULL);
    assert_int_equal(problem == PROBLEM_NONE, waited);
    if (problem != PROBLEM_NONE)
        return;
    assert_int_equal(walk->holder, NOBODY);
    assert_true(walk->lease.fence > walk->last_fence);
    walk->holder = worker;
    walk->last_fence = walk->fences[worker] = walk->lease.fence;
    walk->until = walk->now.lease + by.lease_ms;
    walk->grants++;
}

static void lengthen(struct walk *walk, int64_t lease_ms)
{
    if (walk->until < walk->now.lease + lease_ms)
        walk->until = walk->now.lease + lease_ms;
}

static void beat(struct walk *walk, int worker)
{
    struct hold hold = hold_of(walk);
    int64_t lease_ms = pick(walk, 2) == 0 ? 0 : 5000 + (int64_t)pick(walk, 9000);
    enum problem problem = hold_beat(&hold, walk->fences[worker], lease_ms, NULL);
    bool holds = walk->holder == worker && walk->fences[worker] == walk->last_fence;
    assert_int_equal(problem == PROBLEM_NONE, holds);
    if (holds)
        lengthen(walk, lease_ms > 0 ? lease_ms : walk->lease.lease_ms);
}

static struct report random_report(struct walk *walk)
{
    static const enum job_event_kind kinds[] = {EVENT_PROGRESS, EVENT_PROGRESS, EVENT_PROGRESS,
                                                EVENT_START,    EVENT_RELEASE,  EVENT_RELEASE,
                                                EVENT_RETRY,    EVENT_RETRY,    EVENT_END};
    static const enum job_status endings[] = {STATUS_FAILED_FAILURE, STATUS_FAILED_ABORTED,
                                              STATUS_COMPLETED_SUCCESS};
    struct report report = {
        .event = {.kind = kinds[pick(walk, ARRAY_SIZE(kinds))],
                  .progress = (int32_t)pick(walk, 4) - 1},
        .delay_ms = (int64_t)pick(walk, 3) * 1000,
        .random = (uint32_t)next_number(&walk->seed),
    };
    report.event.status = endings[pick(walk, report.event.kind == EVENT_RETRY ? 2 : 3)];
    return report;
}

/* `worker` NOBODY: the owner, who sends no fence. */
static void report(struct walk *walk, int worker)
{
    struct hold hold = hold_of(walk);
    struct report report = random_report(walk);
    bool changed = false;
    report.event.by = account_of(worker);
    report.fence = worker == NOBODY ? LEASE_NO_FENCE : walk->fences[worker];
    if (hold_report(&hold, &report, &changed, NULL) != PROBLEM_NONE || !changed)
        return;
    /* Whoever changed a job held it, or nobody did and no fence was sent. */
    if (report.fence != LEASE_NO_FENCE) {
        assert_int_equal(walk->holder, worker);
        assert_int_equal(report.fence, walk->last_fence);
        lengthen(walk, walk->lease.lease_ms);
    } else {
        assert_int_equal(walk->holder, NOBODY);
    }
    if (walk->job.status != STATUS_RUNNING)
        walk->holder = NOBODY;
    if (status_is_ended(walk->job.status))
        walk->endings++;
}

static void expire(struct walk *walk)
{
    struct hold hold = hold_of(walk);
    bool due = walk->holder != NOBODY && walk->now.lease >= walk->until;
    assert_int_equal(hold_expire(&hold, (uint32_t)next_number(&walk->seed)), due);
    if (!due)
        return;
    walk->holder = NOBODY;
    assert_true(walk->job.status == STATUS_WAITING || walk->job.status == STATUS_FAILED_ABORTED);
    if (status_is_ended(walk->job.status))
        walk->endings++;
    else
        assert_true(walk->job.attempt < walk->job.max_attempts && !walk->job.self_managed);
}

static void destroy(struct walk *walk)
{
    struct hold hold = hold_of(walk);
    struct job_event event = {.kind = EVENT_DELETE, .has_message = true};
    bool changed;
    assert_int_equal(hold_delete(&hold, &event, &changed, NULL), PROBLEM_NONE);
    walk->holder = NOBODY;
}

/* The wall clock goes where it likes, the lease clock only on. */
static void pass(struct walk *walk)
{
    walk->now.lease += pick(walk, 4000);
    walk->now.wall += (int64_t)pick(walk, 12000) - 4000;
}

static void act(struct walk *walk)
{
    int worker = (int)pick(walk, WORKERS);
    unsigned action = pick(walk, 64);
    if (action < 12)
        claim(walk, worker);
    else if (action < 24)
        beat(walk, worker);
    else if (action < 42)
        report(walk, worker);
    else if (action < 46)
        report(walk, NOBODY);
    else if (action < 54)
        expire(walk);
    else if (action < 63)
        pass(walk);
    else if (pick(walk, 4) == 0)
        destroy(walk);
}

static void check(const struct walk *walk, const struct walk *before)
{
    bool was_over = status_is_ended(before->job.status) || status_is_deleted(before->job.status);
    assert_int_equal(walk->lease.held, walk->holder != NOBODY);
    assert_int_equal(walk->lease.fence, walk->last_fence);
    assert_int_equal(walk->job.attempt, walk->grants);
    assert_true(walk->endings <= 1);
    assert_true(walk->job.modified_on >= before->job.modified_on);
    if (walk->lease.held) {
        assert_int_equal(walk->job.status, STATUS_RUNNING);
        assert_int_equal(walk->lease.expires_at, walk->until);
        assert_int_equal(walk->fences[walk->holder], walk->lease.fence);
    }
    if (was_over && !status_is_deleted(walk->job.status))
        assert_memory_equal(&walk->job, &before->job, sizeof(walk->job));
    if (status_is_deleted(before->job.status))
        assert_memory_equal(&walk->job, &before->job, sizeof(walk->job));
}

static void one_holder_and_one_ending(void **test)
{
    int ended = 0, contested = 0;
    (void)test;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct walk walk = new_walk(round * 0x9E3779B97F4A7C15), before;
        for (int step = 0; step < STEPS; step++) {
            memcpy(&before, &walk, sizeof(before));
            act(&walk);
            check(&walk, &before);
        }
        ended += walk.endings;
        contested += walk.grants > 1;
    }
    /* The walks went somewhere. */
    assert_true(ended > ROUNDS / 2 && ended < ROUNDS);
    assert_true(contested > ROUNDS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holder_and_one_ending),
    };
    return cmocka_run_group_tests_name("hold_walk", tests, NULL, NULL);
}
