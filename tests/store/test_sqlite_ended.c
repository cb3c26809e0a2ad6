/* What SQLite keeps of ended jobs: little, for a while, and from before it kept anything. */
#include "leases.h"
#include "statistics.h"

#include "store/sqlite/connection.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/write/ended.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)

/* The schema that kept nothing of it yet. */
#define VERSION_BEFORE 4

static int64_t number(struct fixture *fixture, const char *sql)
{
    struct sqlite_reader *reader;
    struct err err = {0};
    int64_t value;

    if (!connection_open(fixture->url + strlen("sqlite:"), CONNECTION_READS, &reader, &err))
        fail_msg("%s", err.text);
    assert_true(connection_number(reader, sql, &value));
    connection_close(reader);
    return value;
}

static void end_job(struct fixture *fixture, const struct uuid *id, enum job_status status)
{
    struct job_event event = {
        .kind = EVENT_END, .status = status, .by = user_at(1), .progress = JOB_NO_PROGRESS};
    struct job job;

    assert_int_equal(job_report(fixture->store, &fixture->arena, id, event, &job), PROBLEM_NONE);
}

static void end_one_of(struct fixture *fixture, unsigned type)
{
    struct draft draft =
        draft_of(&fixture->arena, "job", arena_printf(&fixture->arena, "TYPE %u", type));
    struct job job = must_create(fixture, &draft);

    end_job(fixture, &job.id, STATUS_COMPLETED_SUCCESS);
}

static int64_t sum_of_hour(struct fixture *fixture)
{
    struct statistics statistics = must_read_statistics(fixture, 1, &fixture->arena);
    struct ended sum = statistics_sum(&statistics);

    return ended_total(&sum);
}

static void a_bucket_has_few_rows_however_many_types_there_are(void **state)
{
    struct fixture *fixture = *state;
    unsigned types = ENDED_BUCKET_TYPES + 10;

    for (unsigned i = 0; i < types; i++)
        end_one_of(fixture, i);
    end_one_of(fixture, 0);
    end_one_of(fixture, types - 1);
    assert_int_equal(number(fixture, "SELECT count(*) FROM ended WHERE bucket_ms = 60000"),
                     ENDED_BUCKET_TYPES + 1);
    assert_int_equal(number(fixture, "SELECT succeeded FROM ended WHERE bucket_ms = 60000 "
                                     "AND type = 0"),
                     11);
    assert_int_equal(sum_of_hour(fixture), types + 2);
}

/* More than wait in memory. */
static void many_types_end_in_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    size_t types = ENDED_BATCH_MAX + 8;
    struct span *names = ARENA_ARRAY(&fixture->arena, struct span, types);
    struct claim claim = {names, types, worker_of(LEASE_MS), .max = 2 * types};

    for (size_t i = 0; i < 2 * types; i++) {
        char *type = arena_printf(&fixture->arena, "TYPE %02zu", i % types);
        struct draft draft = draft_of(&fixture->arena, "job", type);
        names[i % types] = span_of(type);
        must_create(fixture, &draft);
    }
    assert_int_equal(must_claim(fixture, &claim).count, 2 * types);
    fixture_pass(fixture, LEASE_MS);
    assert_int_equal(must_reap(fixture, 2 * types).expired, 2 * types);
    assert_int_equal(sum_of_hour(fixture), (int64_t)(2 * types));
    check_statistics(fixture);
}

/* The clock starts at a full hour. */
static void a_wide_bucket_takes_many_narrow_ones(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 60; i++) {
        end_one_of(fixture, 1);
        fixture_pass(fixture, MINUTE_MS);
    }
    assert_int_equal(number(fixture, "SELECT count(*) FROM ended WHERE bucket_ms = 60000"), 60);
    assert_int_equal(number(fixture, "SELECT count(*) FROM ended WHERE bucket_ms = 900000"), 4);
    assert_int_equal(number(fixture, "SELECT succeeded FROM ended WHERE bucket_ms = 3600000"), 60);
}

static enum problem end_with_message(void *context, const struct hold *hold, bool *ret_changed,
                                     struct err *err)
{
    struct job_event event = {.kind = EVENT_END,
                              .status = STATUS_COMPLETED_SUCCESS,
                              .by = user_at(1),
                              .now = hold->now.wall,
                              .progress = JOB_NO_PROGRESS,
                              .has_message = true,
                              .message = span_of(context)};

    return job_apply(hold->job, &event, ret_changed, err);
}

/* While another one holds the file, so that both get into one transaction. */
static void submit_both(struct fixture *fixture, struct store_update updates[static 2],
                        const char *sql)
{
    struct sqlite_reader *blocker;
    struct store_waiter waiters[2];
    struct err err = {0};

    assert_true(
        connection_open(fixture->url + strlen("sqlite:"), CONNECTION_WRITES, &blocker, &err));
    assert_true(connection_run(blocker, "BEGIN IMMEDIATE"));
    for (size_t i = 0; i < 2; i++) {
        store_waiter_init(&waiters[i], &updates[i].call);
        store_update(fixture->store, &updates[i]);
    }
    assert_true(connection_run(blocker, sql) && connection_run(blocker, "COMMIT"));
    connection_close(blocker);
    for (size_t i = 0; i < 2; i++)
        store_waiter_wait(&waiters[i]);
}

static void a_call_that_spoils_its_transaction_doubles_nothing(void **state)
{
    struct fixture *fixture = *state;
    static char good[] = "good", bad[] = "bad";
    struct store_update updates[2] = {
        {.mutate = end_with_message, .context = good, .arena = &fixture->arena},
        {.mutate = end_with_message, .context = bad, .arena = &fixture->arena}};

    for (size_t i = 0; i < 2; i++)
        updates[i].id = must_create_named(fixture, "job").id;
    submit_both(fixture, updates,
                "CREATE TRIGGER refuse BEFORE UPDATE ON job WHEN new.message = 'bad' "
                "BEGIN SELECT raise(ABORT, 'refused'); END");
    assert_int_equal(updates[0].call.problem, PROBLEM_NONE);
    assert_int_equal(updates[1].call.problem, PROBLEM_INTERNAL);
    assert_int_equal(sum_of_hour(fixture), 1);
}

/* Two types an hour for 50 days. */
static void what_is_too_old_goes(void **state)
{
    struct fixture *fixture = *state;
    int64_t hours = 50 * 24;

    for (int64_t i = 0; i < hours; i++) {
        end_one_of(fixture, 1);
        end_one_of(fixture, 2);
        fixture_pass(fixture, HOUR_MS);
    }
    for (size_t i = 0; i < STATISTICS_LEVELS; i++) {
        const struct statistics_level *level = &statistics_levels[i];
        const char *sql =
            arena_printf(&fixture->arena, "SELECT count(*) FROM ended WHERE bucket_ms = %lld",
                         (long long)level->bucket_ms);
        int64_t kept = level->keep_ms / HOUR_MS;
        assert_in_range(number(fixture, sql), 2 * kept, 2 * (kept + 2));
    }
    check_statistics(fixture);
}

static void fill_by_hours(struct fixture *fixture, int64_t hours)
{
    static const enum job_status endings[] = {STATUS_COMPLETED_SUCCESS, STATUS_COMPLETED_WITH_ERROR,
                                              STATUS_COMPLETED_ABORTED, STATUS_FAILED_FAILURE,
                                              STATUS_FAILED_ABORTED};
    struct job_event start = {.kind = EVENT_START, .progress = JOB_NO_PROGRESS};
    struct job_event removal = {
        .kind = EVENT_DELETE, .has_message = true, .progress = JOB_NO_PROGRESS};

    for (int64_t i = 0; i < hours; i++) {
        struct draft draft = draft_of(&fixture->arena, "job", i % 3 == 0 ? "IMPORT" : "EXPORT");
        struct job job = must_create(fixture, &draft), last;
        if (i % 4 != 0)
            job_report(fixture->store, &fixture->arena, &job.id, start, &last);
        fixture_pass(fixture, HOUR_MS - MINUTE_MS * (i % 7));
        if (i % 11 != 0)
            end_job(fixture, &job.id, endings[i % (int64_t)ARRAY_SIZE(endings)]);
        if (i % 13 == 0)
            job_report(fixture->store, &fixture->arena, &job.id, removal, &last);
    }
}

/* The rows of the fixture's store in a file of the schema of before. */
static void copy_to_former(struct fixture *fixture, const char *path)
{
    struct sqlite_reader *writer;
    struct err err = {0};
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fclose(file);
    assert_true(connection_open(path, CONNECTION_WRITES, &writer, &err));
    assert_true(migrate_run(writer, path, VERSION_BEFORE, &err));
    assert_true(
        connection_run(writer, arena_printf(&fixture->arena,
                                            "ATTACH '%s' AS now; INSERT INTO job SELECT * FROM "
                                            "now.job; INSERT INTO type SELECT * FROM now.type; "
                                            "INSERT INTO person SELECT * FROM now.person;",
                                            fixture->url + strlen("sqlite:"))));
    connection_close(writer);
}

static void what_ended_before_counts(void **state)
{
    struct fixture *fixture = *state;
    char *former = arena_printf(&fixture->arena, "%s/former.db", fixture->directory);
    int64_t hours = 40 * 24, now = clock_wall_ms(&clock_system);
    size_t count;

    fixture->clock.ms = now - hours * HOUR_MS;
    fill_by_hours(fixture, hours);
    count = job_count(fixture->store);
    fixture->clock.ms = now;
    copy_to_former(fixture, former);
    store_close(TAKE(fixture->store));
    snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s", former);
    fixture->store = fixture_open(fixture, true);
    assert_int_equal(job_count(fixture->store), count);
    check_statistics(fixture);
    assert_true(number(fixture, "SELECT sum(run_ms > 0) FROM ended WHERE bucket_ms = 3600000") >
                500);
}

/* Types of before that are too many for a bucket count as the others, the rarest of them. */
static void former_buckets_have_few_rows_too(void **state)
{
    struct fixture *fixture = *state;
    char *former = arena_printf(&fixture->arena, "%s/former.db", fixture->directory);
    unsigned types = ENDED_BUCKET_TYPES + 10;

    fixture->clock.ms = clock_wall_ms(&clock_system) / HOUR_MS * HOUR_MS;
    for (unsigned i = 0; i < types; i++)
        end_one_of(fixture, i);
    for (unsigned i = types - ENDED_BUCKET_TYPES; i < types; i++)
        end_one_of(fixture, i);
    copy_to_former(fixture, former);
    store_close(TAKE(fixture->store));
    snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s", former);
    fixture->store = fixture_open(fixture, true);
    assert_int_equal(number(fixture, "SELECT count(*) FROM ended WHERE bucket_ms = 900000"),
                     ENDED_BUCKET_TYPES + 1);
    assert_int_equal(number(fixture, "SELECT succeeded FROM ended WHERE bucket_ms = 900000 "
                                     "AND type = 0"),
                     10);
    assert_int_equal(sum_of_hour(fixture), types + ENDED_BUCKET_TYPES);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_bucket_has_few_rows_however_many_types_there_are),
        STORE_TEST(many_types_end_in_one_transaction),
        STORE_TEST(a_wide_bucket_takes_many_narrow_ones),
        STORE_TEST(a_call_that_spoils_its_transaction_doubles_nothing),
        STORE_TEST(what_is_too_old_goes),
        STORE_TEST(what_ended_before_counts),
        STORE_TEST(former_buckets_have_few_rows_too),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store sqlite ended", tests, NULL, NULL);
}
