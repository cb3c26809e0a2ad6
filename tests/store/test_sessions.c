/* Sessions: kept under the digests of their tokens, a bounded number an account, until they end. */
#include "fixture.h"
#include "leases.h"

#include <string.h>

static void submit(struct fixture *fixture, struct store_session *action)
{
    STORE_WAIT(store_session, fixture->store, action);
    assert_int_equal(action->call.problem, PROBLEM_NONE);
}

/* Number `token` of user `user`, for an hour from now. */
static struct session add(struct fixture *fixture, unsigned token, unsigned user, size_t keep)
{
    struct store_session action = {.action = SESSION_ADD, .keep = keep};

    memset(action.session.token, (int)token, DIGEST_SIZE);
    memset(action.session.proof, (int)token + 100, DIGEST_SIZE);
    action.session.account = user_at(user);
    action.session.created_on = fixture->clock.ms;
    action.session.expires_on = fixture->clock.ms + HOUR_MS;
    submit(fixture, &action);
    return action.session;
}

static enum problem get(struct fixture *fixture, unsigned token, struct session *ret_session)
{
    struct store_session_get get = {0};

    memset(get.session.token, (int)token, DIGEST_SIZE);
    STORE_WAIT(store_session_get, fixture->store, &get);
    *ret_session = get.session;
    return get.call.problem;
}

static bool is_there(struct fixture *fixture, unsigned token)
{
    struct session session;
    enum problem problem = get(fixture, token, &session);

    assert_true(problem == PROBLEM_NONE || problem == PROBLEM_NOT_AUTHENTICATED);
    return problem == PROBLEM_NONE;
}

static void delete_one(struct fixture *fixture, unsigned token)
{
    struct store_session action = {.action = SESSION_DELETE};

    memset(action.session.token, (int)token, DIGEST_SIZE);
    submit(fixture, &action);
}

static void one_is_found_as_it_was_added(void **state)
{
    struct fixture *fixture = *state;
    struct session added = add(fixture, 1, 1, 10), other = add(fixture, 2, 2, 10), found;

    assert_int_equal(get(fixture, 1, &found), PROBLEM_NONE);
    assert_memory_equal(found.token, added.token, DIGEST_SIZE);
    assert_memory_equal(found.proof, added.proof, DIGEST_SIZE);
    assert_true(uuid_eq(&found.account, &added.account));
    assert_true(found.created_on == added.created_on && found.expires_on == added.expires_on);
    assert_int_equal(get(fixture, 2, &found), PROBLEM_NONE);
    assert_true(uuid_eq(&found.account, &other.account));
    assert_false(is_there(fixture, 3));
}

static void a_deleted_one_is_gone(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, 1, 1, 10);
    add(fixture, 2, 1, 10);
    delete_one(fixture, 1);
    assert_false(is_there(fixture, 1));
    assert_true(is_there(fixture, 2));
    delete_one(fixture, 1); /* again, which is fine */
    delete_one(fixture, 9);
    assert_true(is_there(fixture, 2));
}

static void one_whose_time_is_over_is_not_found(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, 1, 1, 10);
    fixture_pass(fixture, HOUR_MS - 1);
    assert_true(is_there(fixture, 1));
    fixture_pass(fixture, 1);
    assert_false(is_there(fixture, 1));
}

static void the_oldest_of_an_account_make_room(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, 100, 2, 3);
    for (unsigned token = 1; token <= 5; token++) {
        fixture_pass(fixture, 1);
        add(fixture, token, 1, 3);
    }
    assert_false(is_there(fixture, 1) || is_there(fixture, 2));
    assert_true(is_there(fixture, 3) && is_there(fixture, 4) && is_there(fixture, 5));
    assert_true(is_there(fixture, 100));
    add(fixture, 6, 1, 1);
    assert_false(is_there(fixture, 4) || is_there(fixture, 5));
    assert_true(is_there(fixture, 6));
}

/* The new one is the one somebody waits for, also when the clock says that it is the oldest. */
static void the_new_one_stays_after_the_clock_went_back(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, 1, 1, 2);
    add(fixture, 2, 1, 2);
    fixture->clock.ms -= HOUR_MS / 2;
    add(fixture, 3, 1, 2);
    assert_true(is_there(fixture, 3));
    assert_int_equal(is_there(fixture, 1) + is_there(fixture, 2), 1);
}

static void many_are_looked_up_at_once(void **state)
{
    enum { MANY = 300 };
    struct fixture *fixture = *state;
    uint8_t tokens[MANY][DIGEST_SIZE];
    bool there[MANY];
    struct store_sessions look = {.tokens = tokens, .count = MANY, .ret_there = there};

    add(fixture, 3, 1, 10);
    fixture_pass(fixture, HOUR_MS / 2);
    add(fixture, 1, 1, 10);
    add(fixture, 2, 2, 10);
    delete_one(fixture, 2);
    for (size_t i = 0; i < MANY; i++)
        memset(tokens[i], (int)(i % 5), DIGEST_SIZE);
    STORE_WAIT(store_sessions, fixture->store, &look);
    assert_int_equal(look.call.problem, PROBLEM_NONE);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(there[i], i % 5 == 1 || i % 5 == 3);
    fixture_pass(fixture, HOUR_MS / 2);
    STORE_WAIT(store_sessions, fixture->store, &look);
    assert_true(there[1] && !there[3]);
    look.count = 0;
    STORE_WAIT(store_sessions, fixture->store, &look);
    assert_int_equal(look.call.problem, PROBLEM_NONE);
}

static void reaping_deletes_those_that_are_over(void **state)
{
    struct fixture *fixture = *state;
    struct store_reap reap;

    for (unsigned token = 1; token <= 5; token++)
        add(fixture, token, token, 10);
    fixture_pass(fixture, HOUR_MS - 1000);
    add(fixture, 6, 6, 10);
    reap = must_reap(fixture, 10);
    assert_true(reap.sessions == 0 && !reap.more && reap.next_ms == 1000);
    fixture_pass(fixture, 1000);
    reap = must_reap(fixture, 2);
    assert_true(reap.sessions == 2 && reap.more);
    reap = must_reap(fixture, 3);
    assert_true(reap.sessions == 3 && !reap.more && reap.next_ms == 60000);
    fixture->clock.ms -= 1000; /* nobody comes back to life */
    assert_false(is_there(fixture, 1) || is_there(fixture, 5));
    assert_true(is_there(fixture, 6));
}

static void jobs_and_sessions_share_a_step(void **state)
{
    struct fixture *fixture = *state;
    struct store_reap reap;

    for (unsigned token = 1; token <= 3; token++)
        add(fixture, token, token, 10);
    must_grant(fixture, 1);
    must_grant(fixture, 1);
    fixture_pass(fixture, HOUR_MS);
    reap = must_reap(fixture, 4);
    assert_true(reap.expired == 2 && reap.sessions == 2 && reap.more);
    reap = must_reap(fixture, 4);
    assert_true(reap.expired == 0 && reap.sessions == 1 && !reap.more);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(one_is_found_as_it_was_added),
        STORE_TEST(a_deleted_one_is_gone),
        STORE_TEST(one_whose_time_is_over_is_not_found),
        STORE_TEST(the_oldest_of_an_account_make_room),
        STORE_TEST(the_new_one_stays_after_the_clock_went_back),
        STORE_TEST(many_are_looked_up_at_once),
        STORE_TEST(reaping_deletes_those_that_are_over),
        STORE_TEST(jobs_and_sessions_share_a_step),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store sessions", tests, NULL, NULL);
}
