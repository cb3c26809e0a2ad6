/* Opening and closing: what is submitted is answered once, and what cannot be opened says why. */
#include "fixture.h"

#include <string.h>

#define CALLS 500

/* One call of each writing kind in turn, and how often it was answered. */
struct flight {
    struct store_create create;
    struct store_update update;
    struct store_account account;
    struct draft draft;
    struct arena arena;
    _Atomic int answers;
};

static void count_answer(struct store_call *call)
{
    struct flight *flight = call->context;

    flight->answers++;
}

static enum problem touch(void *context, const struct hold *hold, bool *ret_changed,
                          struct err *err)
{
    (void)context;
    (void)err;
    hold->job->attempt++;
    *ret_changed = true;
    return PROBLEM_NONE;
}

static void submit(struct fixture *fixture, struct flight *flight, const struct uuid *id, size_t i)
{
    struct store_call call = {.done = count_answer, .context = flight};

    arena_init(&flight->arena, 1 << 16);
    flight->draft = draft_of(&fixture->arena, "in flight", "TEST");
    flight->create = (struct store_create){
        .call = call, .drafts = &flight->draft, .count = 1, .arena = &flight->arena};
    flight->update =
        (struct store_update){.call = call, .id = *id, .mutate = touch, .arena = &flight->arena};
    flight->account = (struct store_account){.call = call, .action = ACCOUNT_ADD};
    memcpy(flight->account.account.name, (char[]){(char)('a' + i % 26), '\0'}, 2);
    if (i % 3 == 0)
        store_create(fixture->store, &flight->create);
    else if (i % 3 == 1)
        store_update(fixture->store, &flight->update);
    else
        store_account(fixture->store, &flight->account);
}

/* Which of the three was submitted. */
static enum problem outcome(const struct flight *flight, size_t i)
{
    return i % 3 == 0   ? flight->create.call.problem
           : i % 3 == 1 ? flight->update.call.problem
                        : flight->account.call.problem;
}

static void closing_answers_what_is_in_flight(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "first");
    struct flight *flights = ARENA_ARRAY(&fixture->arena, struct flight, CALLS);
    int32_t created = 0, touched = 0;

    for (size_t i = 0; i < CALLS; i++)
        submit(fixture, &flights[i], &job.id, i);
    store_close(TAKE(fixture->store));
    for (size_t i = 0; i < CALLS; i++) {
        enum problem problem = outcome(&flights[i], i);
        assert_int_equal(flights[i].answers, 1);
        assert_true(problem == PROBLEM_NONE || problem == PROBLEM_STORE_UNAVAILABLE ||
                    (i % 3 == 2 && problem == PROBLEM_CONFLICT));
        created += i % 3 == 0 && problem == PROBLEM_NONE;
        touched += i % 3 == 1 && problem == PROBLEM_NONE;
        arena_release(&flights[i].arena);
    }
    fixture->store = fixture_open(fixture, true);
    if (fixture->directory[0] == '\0')
        return; /* nothing is kept */
    assert_int_equal(job_count(fixture->store), 1 + created);
    assert_int_equal(must_get(fixture, &job.id).attempt, touched);
}

static void probe_answered(struct store_call *call)
{
    *(bool *)call->context = true;
}

/* On the caller's thread, which need not wait: so that readiness costs a healthy store nothing. */
static void a_store_that_writes_says_so_at_once(void **state)
{
    struct fixture *fixture = *state;
    bool answered = false;
    struct store_probe probe = {.call = {.done = probe_answered, .context = &answered}};

    for (int i = 0; i < 2; i++) {
        probe.call.problem = PROBLEM_INTERNAL;
        answered = false;
        store_probe(fixture->store, &probe);
        assert_true(answered);
        assert_int_equal(probe.call.problem, PROBLEM_NONE);
        must_create_named(fixture, "job");
    }
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    store_close(NULL);
}

static void assert_refused(const char *url)
{
    struct store_options options = {.daemon = true};
    struct store *store = NULL;
    struct err err = {0};

    assert_false(store_open(url, &options, &store, &err));
    assert_null(store);
    assert_true(strlen(err.text) > 10);
}

static void an_unknown_kind_of_store_is_refused(void **state)
{
    (void)state;
    assert_refused("");
    assert_refused("memory");
    assert_refused("sqlite:");
    assert_refused("file:/tmp/x.db");
    assert_refused("sqlite:/there/is/no/such/directory/x.db");
}

static void the_system_clock_is_the_standard(void **state)
{
    struct fixture *fixture = *state;
    struct store_options options = {.daemon = true};
    int64_t before = clock_wall_ms(&clock_system);
    struct store *by_hand = fixture->store;
    struct err err = {0};
    struct job job;

    store_close(TAKE(by_hand));
    assert_true(store_open(fixture->url, &options, &fixture->store, &err));
    job = must_create_named(fixture, "now");
    assert_in_range(job_created_on(&job), before, clock_wall_ms(&clock_system));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(closing_answers_what_is_in_flight),
        STORE_TEST(a_store_that_writes_says_so_at_once),
        STORE_TEST(closing_nothing_is_fine),
        STORE_TEST(an_unknown_kind_of_store_is_refused),
        STORE_TEST(the_system_clock_is_the_standard),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store close", tests, NULL, NULL);
}
