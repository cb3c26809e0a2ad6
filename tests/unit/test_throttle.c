/* Tests of the throttle on failed sign-ins. */
#include "auth/throttle.h"

#include "model_test.h"

static const struct span here = SPAN("127.0.0.1"), there = SPAN("127.0.0.2");

static bool take(struct throttle *throttle, struct span address, int64_t now_ms)
{
    int64_t wait_ms;
    return throttle_take(throttle, address, now_ms, &wait_ms);
}

static void so_many_failures_are_free(void **test)
{
    (void)test;
    struct throttle *throttle = throttle_new(3);
    int64_t wait_ms = 0;
    for (int i = 0; i < 3; i++)
        assert_true(take(throttle, here, 1000));
    assert_false(throttle_take(throttle, here, 1000, &wait_ms));
    assert_int_equal(wait_ms, THROTTLE_PAUSE_MS);
    assert_true(take(throttle, there, 1000));
    throttle_free(throttle);
}

static void one_more_comes_free_after_each_pause(void **test)
{
    (void)test;
    struct throttle *throttle = throttle_new(2);
    assert_true(take(throttle, here, 1000));
    assert_true(take(throttle, here, 1000));
    assert_false(take(throttle, here, 1000 + THROTTLE_PAUSE_MS - 1));
    assert_true(take(throttle, here, 1000 + THROTTLE_PAUSE_MS));
    assert_false(take(throttle, here, 1000 + THROTTLE_PAUSE_MS));
    throttle_free(throttle);
}

static void success_is_given_back(void **test)
{
    (void)test;
    struct throttle *throttle = throttle_new(1);
    for (int i = 0; i < 100; i++) {
        assert_true(take(throttle, here, 1000));
        throttle_refund(throttle, here);
    }
    assert_true(take(throttle, here, 1000));
    assert_false(take(throttle, here, 1000));
    throttle_free(throttle);
}

static void zero_means_no_limit(void **test)
{
    (void)test;
    struct throttle *throttle = throttle_new(0);
    for (int i = 0; i < 1000; i++)
        assert_true(take(throttle, here, 1000));
    throttle_free(throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_failures_are_free),
        cmocka_unit_test(one_more_comes_free_after_each_pause),
        cmocka_unit_test(success_is_given_back),
        cmocka_unit_test(zero_means_no_limit),
    };
    return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
