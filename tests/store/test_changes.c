/* Changes: each job at the number of its last write, none missed by who goes on behind the last. */
#include "fixture.h"
#include "random.h"
#include "threads.h"

#include <string.h>

static struct store_changes must_read(struct fixture *fixture, int64_t after, size_t limit)
{
    struct store_changes changes = {.after = after, .limit = limit, .arena = &fixture->arena};

    STORE_WAIT(store_changes, fixture->store, &changes);
    assert_int_equal(changes.call.problem, PROBLEM_NONE);
    assert_true(changes.count <= limit);
    return changes;
}

static struct job must_report(struct fixture *fixture, const struct uuid *id, const char *message)
{
    struct job_event event = {
        .kind = EVENT_PROGRESS,
        .progress = JOB_NO_PROGRESS,
        .has_message = true,
        .message = span_of(message),
    };
    struct job job;

    assert_int_equal(job_report(fixture->store, &fixture->arena, id, event, &job), PROBLEM_NONE);
    return job;
}

static void an_empty_store_has_no_changes(void **state)
{
    struct store_changes changes = must_read(*state, 0, 10);

    assert_int_equal(changes.count, 0);
    assert_int_equal(changes.last, 0);
}

static void jobs_come_in_the_order_of_their_changes(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first");
    struct job second = must_create_named(fixture, "second");
    struct job third = must_create_named(fixture, "third");
    struct store_changes changes;

    first = must_report(fixture, &first.id, "behind the others");
    changes = must_read(fixture, 0, 10);
    assert_int_equal(changes.count, 3);
    assert_same_job(&changes.jobs[0], &second);
    assert_same_job(&changes.jobs[1], &third);
    assert_same_job(&changes.jobs[2], &first);
    assert_int_equal(changes.last, first.change);
}

static void reading_goes_on_behind_the_last(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first");
    struct job second = must_create_named(fixture, "second");
    struct store_changes changes = must_read(fixture, 0, 1);

    assert_int_equal(changes.count, 1);
    assert_same_job(&changes.jobs[0], &first);
    assert_int_equal(changes.last, second.change);
    changes = must_read(fixture, first.change, 1);
    assert_int_equal(changes.count, 1);
    assert_same_job(&changes.jobs[0], &second);
    changes = must_read(fixture, second.change, 1);
    assert_int_equal(changes.count, 0);
    assert_int_equal(changes.last, second.change);
}

static void no_limit_asks_for_the_last_number_alone(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct store_changes changes = must_read(fixture, 0, 0);

    assert_int_equal(changes.count, 0);
    assert_int_equal(changes.last, job.change);
}

static void behind_the_end_there_is_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct store_changes changes = must_read(fixture, job.change + 1000, 10);

    assert_int_equal(changes.count, 0);
    assert_int_equal(changes.last, job.change);
}

static void what_changes_nothing_has_no_number(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct job_event event = {.kind = EVENT_DELETE, .has_message = true};
    struct store_changes changes;

    for (int i = 0; i < 3; i++)
        job_report(fixture->store, &fixture->arena, &job.id, event, &job);
    changes = must_read(fixture, 0, 10);
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.last, job.change);
}

#define WRITERS 4
#define ROUNDS 200
#define JOBS 8

struct race {
    struct store *store;
    struct job jobs[JOBS];
    int64_t seen[JOBS]; /* the change each was last read with */
    int64_t after;
    _Atomic int writing;
};

static bool write_rounds(struct race *race, uint64_t seed)
{
    struct random random = {seed};
    enum problem problem = PROBLEM_NONE;

    for (int round = 0; round < ROUNDS && problem == PROBLEM_NONE; round++) {
        AUTO(arena_release) struct arena arena;
        struct job_event event = {.kind = EVENT_PROGRESS, .progress = round % 101};
        struct job job = race->jobs[random_pick(&random, JOBS)];
        arena_init(&arena, 1 << 20);
        problem = job_report(race->store, &arena, &job.id, event, &job);
    }
    race->writing--;
    return problem == PROBLEM_NONE;
}

static void see(struct race *race, const struct job *job)
{
    for (size_t i = 0; i < JOBS; i++) {
        if (uuid_eq(&race->jobs[i].id, &job->id))
            race->seen[i] = job->change;
    }
    race->after = job->change;
}

/* False where the order or the end is wrong. `ret_last`: there was nothing more. */
static bool read_some(struct race *race, bool *ret_last)
{
    AUTO(arena_release) struct arena arena;
    struct store_changes changes = {.after = race->after, .limit = 3, .arena = &arena};

    arena_init(&arena, 1 << 20);
    STORE_WAIT(store_changes, race->store, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        if (changes.jobs[i].change <= race->after || changes.jobs[i].change > changes.last)
            return false;
        see(race, &changes.jobs[i]);
    }
    *ret_last = race->after == changes.last;
    return changes.call.problem == PROBLEM_NONE;
}

static bool read_all(struct race *race)
{
    bool last = false, over;

    do {
        over = race->writing == 0;
        if (!read_some(race, &last))
            return false;
    } while (!over || !last);
    return true;
}

static bool run(void *context, size_t number)
{
    return number == 0 ? read_all(context) : write_rounds(context, number);
}

static void a_reader_misses_nothing_while_many_write(void **state)
{
    struct fixture *fixture = *state;
    struct race race = {.store = fixture->store, .writing = WRITERS};

    for (size_t i = 0; i < JOBS; i++)
        race.jobs[i] = must_create_named(fixture, "job");
    assert_int_equal(threads_run(1 + WRITERS, run, &race), 0);
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(race.seen[i], must_get(fixture, &race.jobs[i].id).change);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_empty_store_has_no_changes),
        STORE_TEST(jobs_come_in_the_order_of_their_changes),
        STORE_TEST(reading_goes_on_behind_the_last),
        STORE_TEST(no_limit_asks_for_the_last_number_alone),
        STORE_TEST(behind_the_end_there_is_nothing),
        STORE_TEST(what_changes_nothing_has_no_number),
        STORE_TEST(a_reader_misses_nothing_while_many_write),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store changes", tests, NULL, NULL);
}
