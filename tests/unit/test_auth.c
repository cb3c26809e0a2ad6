/* Tests of authentication as a whole: who gets in, how many hashes it costs, who has to wait. */
#include "auth/auth.h"
#include "auth/password.h"
#include "base/metrics.h"

#include "model_test.h"

#include <pthread.h>

/* A clock that stands where the test puts it. */
static _Atomic int64_t now = 1000000;
static _Atomic int64_t wall_ahead;

static int64_t stopped_wall(const struct clock *clock)
{
    (void)clock;
    return now + wall_ahead;
}

static int64_t stopped_mono(const struct clock *clock)
{
    (void)clock;
    return now * 1000000;
}

static const struct clock stopped = {stopped_wall, stopped_mono};

#define GOOD "Basic YW5uYTpyaWdodC1wYXNzd29yZA==" /* anna:right-password */
#define BAD "Basic YW5uYTp3cm9uZy1wYXNzd29yZA==" /* anna:wrong-password */
#define NOBODY "Basic bm9ib2R5OnJpZ2h0LXBhc3N3b3Jk" /* nobody:right-password */

struct waiting {
    struct auth_check check;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool finished;
};

static void finished(struct auth_check *check)
{
    struct waiting *waiting = check->context;
    pthread_mutex_lock(&waiting->lock);
    waiting->finished = true;
    pthread_cond_signal(&waiting->done);
    pthread_mutex_unlock(&waiting->lock);
}

static void start(struct auth *auth, struct waiting *waiting, const char *header)
{
    *waiting = (struct waiting){.check = {.done = finished,
                                          .context = waiting,
                                          .authorization = span_of(header),
                                          .address = span_of("127.0.0.1")},
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .done = PTHREAD_COND_INITIALIZER};
    auth_check(auth, &waiting->check);
}

static enum problem await(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    while (!waiting->finished)
        pthread_cond_wait(&waiting->done, &waiting->lock);
    pthread_mutex_unlock(&waiting->lock);
    return waiting->check.problem;
}

static enum problem check(struct auth *auth, const char *header)
{
    struct waiting waiting;
    start(auth, &waiting, header);
    return await(&waiting);
}

static struct account anna;

static struct auth *open_auth(struct users *users, unsigned failures)
{
    struct auth_options options = {
        .clock = &stopped, .users = users, .cache_ms = 60000, .hashes = 2, .failures = failures};
    struct auth *auth = NULL;
    if (anna.hash[0] == '\0') {
        anna = (struct account){.id = uuid_random(), .name = "anna", .role = ROLE_USER};
        assert_true(password_hash(span_of("right-password"), anna.hash));
    }
    assert_true(users_replace(users, &anna, 1));
    assert_true(auth_open(&options, &auth, NULL));
    return auth;
}

static void the_right_password_gets_in(void **test)
{
    (void)test;
    struct users *users = users_new();
    struct auth *auth = open_auth(users, 0);
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    assert_int_equal(check(auth, BAD), PROBLEM_NOT_AUTHENTICATED);
    assert_int_equal(check(auth, NOBODY), PROBLEM_NOT_AUTHENTICATED);
    assert_int_equal(check(auth, ""), PROBLEM_NOT_AUTHENTICATED);
    assert_int_equal(check(auth, "Basic"), PROBLEM_NOT_AUTHENTICATED);
    assert_int_equal(check(auth, "Digest x"), PROBLEM_NOT_AUTHENTICATED);
    assert_int_equal(check(auth, "Bearer x.y.z"), PROBLEM_NOT_AUTHENTICATED);
    auth_close(auth);
    users_free(users);
}

/* The hash is what must not be paid again: neither by a client that polls, nor by many that come at
 * once. */
static void many_requests_cost_one_hash(void **test)
{
    (void)test;
    struct users *users = users_new();
    struct auth *auth = open_auth(users, 0);
    static struct waiting waiting[64];
    int64_t before = metric_get(METRIC_AUTH_HASHES);
    for (size_t i = 0; i < 64; i++)
        start(auth, &waiting[i], GOOD);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(await(&waiting[i]), PROBLEM_NONE);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    assert_in_range(metric_get(METRIC_AUTH_HASHES) - before, 1, 2);
    now += 60001;
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    assert_in_range(metric_get(METRIC_AUTH_HASHES) - before, 2, 3);
    auth_close(auth);
    users_free(users);
}

static void a_wall_clock_set_back_keeps_nothing(void **test)
{
    (void)test;
    struct users *users = users_new();
    struct auth *auth = open_auth(users, 1);
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    assert_int_equal(check(auth, BAD), PROBLEM_NOT_AUTHENTICATED);
    wall_ahead = -3600000;
    now += 60001;
    int64_t before = metric_get(METRIC_AUTH_HASHES);
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    assert_int_equal(metric_get(METRIC_AUTH_HASHES) - before, 1);
    wall_ahead = 0;
    auth_close(auth);
    users_free(users);
}

static void unknown_users_cost_a_hash_too(void **test)
{
    (void)test;
    struct users *users = users_new();
    struct auth *auth = open_auth(users, 0);
    int64_t before = metric_get(METRIC_AUTH_HASHES);
    check(auth, NOBODY);
    assert_int_equal(metric_get(METRIC_AUTH_HASHES) - before, 1);
    auth_close(auth);
    users_free(users);
}

static void a_change_of_the_account_counts_at_once(void **test)
{
    (void)test;
    struct users *users = users_new();
    struct auth *auth = open_auth(users, 0);
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    struct account changed = anna;
    changed.disabled = true;
    assert_true(users_replace(users, &changed, 1));
    assert_int_equal(check(auth, GOOD), PROBLEM_NOT_AUTHENTICATED);
    changed = anna;
    assert_true(password_hash(span_of("another-password"), changed.hash));
    assert_true(users_replace(users, &changed, 1));
    assert_int_equal(check(auth, GOOD), PROBLEM_NOT_AUTHENTICATED);
    assert_true(users_replace(users, NULL, 0));
    assert_int_equal(check(auth, GOOD), PROBLEM_NOT_AUTHENTICATED);
    auth_close(auth);
    users_free(users);
}

static void failures_slow_an_address_but_not_who_is_in(void **test)
{
    (void)test;
    struct users *users = users_new();
    struct auth *auth = open_auth(users, 2);
    struct waiting waiting;
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    assert_int_equal(check(auth, BAD), PROBLEM_NOT_AUTHENTICATED);
    assert_int_equal(check(auth, NOBODY), PROBLEM_NOT_AUTHENTICATED);
    start(auth, &waiting, BAD);
    assert_int_equal(await(&waiting), PROBLEM_TOO_MANY_REQUESTS);
    assert_in_range(waiting.check.retry_after, 1, 6);
    assert_int_equal(check(auth, GOOD), PROBLEM_NONE);
    auth_close(auth);
    users_free(users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_password_gets_in),
        cmocka_unit_test(many_requests_cost_one_hash),
        cmocka_unit_test(a_wall_clock_set_back_keeps_nothing),
        cmocka_unit_test(unknown_users_cost_a_hash_too),
        cmocka_unit_test(a_change_of_the_account_counts_at_once),
        cmocka_unit_test(failures_slow_an_address_but_not_who_is_in),
    };
    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
