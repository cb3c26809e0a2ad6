/* SQLite's writer: calls that share a commit, keys that expire, a log that stays small. */
#include "leases.h"

#include "base/metrics.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/state.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#define CALLS 2000
#define SLOW_NS INT64_C(1000000000000) /* longer than any call or commit takes */

/* Calls that are all submitted before the first is waited for. */
struct crowd {
    struct store_create creates[CALLS];
    struct store_waiter waiters[CALLS];
    struct draft draft;
};

static void submit(struct fixture *fixture, struct crowd *crowd, size_t count)
{
    crowd->draft = draft_of(&fixture->arena, "job", "TYPE");
    for (size_t i = 0; i < count; i++) {
        crowd->creates[i] =
            (struct store_create){.drafts = &crowd->draft, .count = 1, .arena = &fixture->arena};
        store_waiter_init(&crowd->waiters[i], &crowd->creates[i].call);
        store_create(fixture->store, &crowd->creates[i]);
    }
}

static void wait_for_all(struct crowd *crowd, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        store_waiter_wait(&crowd->waiters[i]);
        assert_int_equal(crowd->creates[i].call.problem, PROBLEM_NONE);
    }
}

/*
 * All are waiting when the first of them can begin; in how many commits they end. The arena is the
 * writer's alone between submitting and waiting.
 */
static int64_t commits_of(struct fixture *fixture, struct crowd *crowd, size_t count)
{
    int64_t commits = metric_get(METRIC_STORE_COMMITS);
    sqlite3 *blocker;

    assert_int_equal(sqlite3_open(fixture->url + strlen("sqlite:"), &blocker), SQLITE_OK);
    sqlite3_busy_timeout(blocker, 10000); /* the writer may still have something to do */
    assert_int_equal(sqlite3_exec(blocker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    submit(fixture, crowd, count);
    assert_int_equal(sqlite3_exec(blocker, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(blocker);
    wait_for_all(crowd, count);
    return metric_get(METRIC_STORE_COMMITS) - commits;
}

static void waiting_calls_share_a_commit(void **state)
{
    struct fixture *fixture = *state;
    struct crowd *crowd = ARENA_NEW(&fixture->arena, struct crowd);
    int64_t writes = metric_get(METRIC_STORE_WRITES);

    assert_in_range(commits_of(fixture, crowd, CALLS), 2, CALLS / 50);
    assert_true(metric_get(METRIC_STORE_WRITES) - writes == CALLS);
    assert_true(metric_get(METRIC_STORE_QUEUE) == 0);
    for (size_t i = 1; i < CALLS; i++) {
        assert_true(crowd->creates[i].jobs->position > crowd->creates[i - 1].jobs->position);
        assert_true(crowd->creates[i].jobs->change == crowd->creates[i - 1].jobs->change + 1);
    }
}

/* The writer's own: to be touched only while it has nothing to do. */
static struct call_queue *queue_of(struct fixture *fixture)
{
    return &sqlite_store_of(fixture->store)->writer.queue;
}

/* From now on nothing is written but what is asked for. */
static void leave_background(struct fixture *fixture)
{
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
}

/* The first ones tell how many there are and, as their calls seem slow, that turns are worth it. */
static void callers_take_turns_where_their_calls_are_slow(void **state)
{
    struct fixture *fixture = *state;
    struct crowd *crowd = ARENA_NEW(&fixture->arena, struct crowd);

    leave_background(fixture);
    queue_of(fixture)->call_ns = SLOW_NS;
    assert_true(commits_of(fixture, crowd, 32) == 1);
    assert_true(commits_of(fixture, crowd, 32) == 2);
}

/* An idle claim's commit syncs nothing, and would make a slow disk look quick. */
static void what_wrote_nothing_teaches_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct call_queue *queue = queue_of(fixture);
    struct claim claim = claim_of(fixture, "NONE", 1);

    queue->call_ns = SLOW_NS;
    queue->commit_ns = SLOW_NS;
    for (int i = 0; i < 10; i++)
        assert_int_equal(must_claim(fixture, &claim).count, 0);
    assert_true(queue->call_ns == SLOW_NS);
    assert_true(queue->commit_ns == SLOW_NS);
    must_create_named(fixture, "job");
    assert_true(queue->call_ns < SLOW_NS);
    assert_true(queue->commit_ns < SLOW_NS);
}

static int64_t number_in_file(struct fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement;
    sqlite3 *db;
    int64_t number;

    assert_int_equal(sqlite3_open(fixture->url + strlen("sqlite:"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static struct store_create create_with_key(struct fixture *fixture, unsigned key)
{
    struct draft *draft = ARENA_NEW(&fixture->arena, struct draft);
    struct store_create create = {
        .drafts = draft,
        .count = 1,
        .key = span_of(arena_printf(&fixture->arena, "key %u", key)),
        .arena = &fixture->arena,
    };

    *draft = draft_of(&fixture->arena, "job", "TYPE");
    STORE_WAIT(store_create, fixture->store, &create);
    assert_int_equal(create.call.problem, PROBLEM_NONE);
    return create;
}

static void old_keys_are_removed_bit_by_bit(void **state)
{
    struct fixture *fixture = *state;
    const char *count = "SELECT count(*) FROM idempotency";

    for (unsigned i = 0; i < 100; i++)
        assert_false(create_with_key(fixture, i).replayed);
    assert_true(number_in_file(fixture, count) == 100);
    fixture->clock.ms += 24 * HOUR_MS - 1;
    assert_true(create_with_key(fixture, 7).replayed);
    fixture->clock.ms += 1;
    assert_false(create_with_key(fixture, 7).replayed);
    assert_true(number_in_file(fixture, count) == 98);
    for (unsigned i = 0; i < 60; i++)
        assert_false(create_with_key(fixture, 1000 + i).replayed);
    assert_true(number_in_file(fixture, count) == 61);
}

static off_t size_of(struct fixture *fixture, const char *suffix)
{
    struct stat file;
    const char *path = fixture->url + strlen("sqlite:");

    assert_int_equal(stat(arena_printf(&fixture->arena, "%s%s", path, suffix), &file), 0);
    return file.st_size;
}

/* How many pages a report makes the log longer by. */
static off_t pages_of(struct fixture *fixture, const struct job *job, struct job_event event)
{
    off_t before = size_of(fixture, "-wal");
    struct job after;

    assert_int_equal(job_report(fixture->store, &fixture->arena, &job->id, event, &after), 0);
    return (size_of(fixture, "-wal") - before) / (4096 + 24);
}

/* With a single job each table and each index is one page. */
static void a_report_touches_only_the_indexes_it_must(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct job_event start = {.kind = EVENT_START, .by = job.user, .progress = JOB_NO_PROGRESS};
    struct job_event progress = {.kind = EVENT_PROGRESS, .by = job.user, .progress = 50};

    struct job_event end = {.kind = EVENT_END,
                            .by = job.user,
                            .status = STATUS_COMPLETED_SUCCESS,
                            .progress = JOB_NO_PROGRESS};

    leave_background(fixture);
    /* The job; its change; by status four lists of positions and two of dates; what is ready. */
    assert_int_equal(pages_of(fixture, &job, start), 9);
    assert_int_equal(pages_of(fixture, &job, progress), 2);
    /* Likewise, but for what is ready; and the counts of what ended. */
    assert_int_equal(pages_of(fixture, &job, end), 9);
}

/* The lease; when it runs out. */
static void a_beat_touches_the_lease_only(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    off_t before;

    leave_background(fixture);
    fixture_pass(fixture, 1000);
    before = size_of(fixture, "-wal");
    assert_int_equal(lease_beat(fixture, &grant.job.id, 1, 0).call.problem, PROBLEM_NONE);
    assert_int_equal((size_of(fixture, "-wal") - before) / (4096 + 24), 2);
}

/* A reaper that finds nothing asks the writer for nothing. */
static void an_idle_reaper_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    int64_t commits;
    off_t before;

    must_grant(fixture, 1);
    leave_background(fixture);
    before = size_of(fixture, "-wal");
    commits = metric_get(METRIC_STORE_COMMITS);
    assert_false(must_reap(fixture, 100).more);
    assert_true(metric_get(METRIC_STORE_COMMITS) == commits);
    assert_true(size_of(fixture, "-wal") == before);
}

static void old_requests_are_removed_bit_by_bit(void **state)
{
    struct fixture *fixture = *state;
    const char *count = "SELECT count(*) FROM claim_request";
    struct claim claim = claim_of(fixture, "TEST", 1);

    for (unsigned i = 0; i < 100; i++) {
        claim.request_id = span_of(arena_printf(&fixture->arena, "request %u", i));
        must_create_named(fixture, "job");
        assert_int_equal(must_claim(fixture, &claim).count, 1);
    }
    assert_true(number_in_file(fixture, count) == 100);
    fixture_pass(fixture, 600000);
    for (unsigned i = 0; i < 60; i++) {
        claim.request_id = span_of(arena_printf(&fixture->arena, "later %u", i));
        must_create_named(fixture, "job");
        assert_int_equal(must_claim(fixture, &claim).count, 1);
        assert_true(number_in_file(fixture, count) == (i < 50 ? 99 - i : i + 1));
    }
}

/* Writes several times the bound, with readers that come and go; the arena is used up otherwise. */
static void the_log_stays_small(void **state)
{
    struct fixture *fixture = *state;
    struct arena arena;
    struct draft drafts[100];
    struct job *jobs;
    off_t bound = (off_t)(CHECKPOINT_FORCE + 2000) * 4120;

    arena_init(&arena, 1 << 24);
    for (unsigned round = 0; round < 600; round++) {
        for (unsigned i = 0; i < 100; i++) {
            const char *name = arena_printf(&arena, "%u %u", i * 7919 % 100, round * 31 % 600);
            drafts[i] = draft_of(&arena, name, "TYPE");
        }
        assert_int_equal(job_create(fixture->store, &arena, drafts, 100, &jobs), PROBLEM_NONE);
        assert_int_equal(job_get(fixture->store, &arena, &jobs[0].id, &jobs[1]), PROBLEM_NONE);
        assert_true(size_of(fixture, "-wal") < bound);
        arena_clear(&arena);
    }
    arena_release(&arena);
    assert_true(size_of(fixture, "") > 10000000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(waiting_calls_share_a_commit),
        STORE_TEST(callers_take_turns_where_their_calls_are_slow),
        STORE_TEST(what_wrote_nothing_teaches_nothing),
        STORE_TEST(old_keys_are_removed_bit_by_bit),
        STORE_TEST(a_report_touches_only_the_indexes_it_must),
        STORE_TEST(a_beat_touches_the_lease_only),
        STORE_TEST(an_idle_reaper_writes_nothing),
        STORE_TEST(old_requests_are_removed_bit_by_bit),
        STORE_TEST(the_log_stays_small),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store sqlite writer", tests, NULL, NULL);
}
