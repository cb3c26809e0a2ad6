/* Tests of how many calls a writer takes into a transaction. */
#include "store/call_queue.h"

#include "model_test.h"

#define US INT64_C(1000)

static void learn_often(struct call_queue *queue, int64_t call_ns, int64_t commit_ns)
{
    for (int i = 0; i < 50; i++)
        call_queue_learn(queue, call_ns, commit_ns);
}

static void take_all(struct call_queue *queue)
{
    while (call_queue_next(queue) != NULL)
        continue;
}

static void all_share_a_commit_that_takes_longer_than_their_calls(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    call_queue_served(&queue, 32);
    learn_often(&queue, 25 * US, 4000 * US);
    assert_int_equal(queue.groups, 1);
    assert_false(call_queue_full(&queue, 32));
    assert_false(call_queue_full(&queue, 1000));
    call_queue_release(&queue);
}

static void callers_take_turns_where_the_commit_is_shorter(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    call_queue_served(&queue, 33);
    learn_often(&queue, 25 * US, 200 * US);
    assert_int_equal(queue.groups, 2);
    assert_false(call_queue_full(&queue, 16));
    assert_true(call_queue_full(&queue, 17));
    call_queue_release(&queue);
}

static void a_few_callers_never_take_turns(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    call_queue_served(&queue, 1);
    learn_often(&queue, 25 * US, 1);
    assert_int_equal(queue.groups, 1);
    call_queue_served(&queue, 2);
    learn_often(&queue, 25 * US, 200 * US);
    assert_int_equal(queue.groups, 1);
    call_queue_release(&queue);
}

/* One that was slow once does not change what is gathered. */
static void one_slow_commit_is_not_learnt(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    call_queue_served(&queue, 32);
    learn_often(&queue, 25 * US, 200 * US);
    call_queue_learn(&queue, 25 * US, 1000 * US);
    assert_int_equal(queue.groups, 2);
    call_queue_release(&queue);
}

static void callers_that_are_under_way_are_not_forgotten(void **test)
{
    struct store_probe probes[8] = {0};
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    for (int i = 0; i < 8; i++)
        call_queue_add(&queue, &probes[i].call, WRITE_PROBE);
    call_queue_served(&queue, 24);
    assert_int_equal(queue.callers, 32);
    take_all(&queue);
    call_queue_served(&queue, 16);
    assert_in_range(queue.callers, 24, 32);
    for (int i = 0; i < 50; i++)
        call_queue_served(&queue, 1);
    assert_int_equal(queue.callers, 1);
    call_queue_release(&queue);
}

/* It would wait for the other one, which does not come. */
static void the_last_caller_is_alone_at_once(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    call_queue_served(&queue, 2);
    call_queue_served(&queue, 1);
    assert_int_equal(queue.callers, 1);
    call_queue_release(&queue);
}

static void serve(struct call_queue *queue, size_t count)
{
    static struct store_probe probes[64];

    for (size_t i = 0; i < count; i++)
        call_queue_add(queue, &probes[i].call, WRITE_PROBE);
    assert_int_equal(call_queue_wait(queue, -1), CALL_WAIT_THERE);
    take_all(queue);
    call_queue_served(queue, count);
}

/* With one caller known, no step of time is waited for another. */
static void a_caller_left_alone_by_a_crowd_waits_once(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    serve(&queue, 64);
    assert_int_equal(queue.callers, 64);
    serve(&queue, 1);
    assert_int_equal(queue.callers, 1);
    serve(&queue, 1);
    assert_int_equal(queue.callers, 1);
    call_queue_release(&queue);
}

/* The others of a crowd may be late: who is not alone does not speak for them. */
static void a_few_that_are_early_do_not_make_a_crowd_forgotten(void **test)
{
    struct call_queue queue;
    (void)test;
    call_queue_init(&queue);
    serve(&queue, 64);
    serve(&queue, 2);
    assert_in_range(queue.callers, 48, 64);
    call_queue_release(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_share_a_commit_that_takes_longer_than_their_calls),
        cmocka_unit_test(callers_take_turns_where_the_commit_is_shorter),
        cmocka_unit_test(a_few_callers_never_take_turns),
        cmocka_unit_test(one_slow_commit_is_not_learnt),
        cmocka_unit_test(callers_that_are_under_way_are_not_forgotten),
        cmocka_unit_test(the_last_caller_is_alone_at_once),
        cmocka_unit_test(a_caller_left_alone_by_a_crowd_waits_once),
        cmocka_unit_test(a_few_that_are_early_do_not_make_a_crowd_forgotten),
    };
    return cmocka_run_group_tests_name("call_queue", tests, NULL, NULL);
}
