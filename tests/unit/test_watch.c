/* Tests of waiting for a job to change: who wakes one, what is not missed, when it is over. */
#include "service/watch.h"

#include "model_test.h"

#include <stdatomic.h>

static struct store_observer *told;

static void fake_observe(struct store *store, struct store_observer *observer)
{
    (void)store;
    told = observer;
}

static void fake_unobserve(struct store *store, struct store_observer *observer)
{
    (void)store;
    assert_ptr_equal(told, observer);
}

static const struct store_ops fake_ops = {.observe = fake_observe, .unobserve = fake_unobserve};
static struct store store = {.ops = &fake_ops};

static struct timer *timer;
static struct watch *watch;

static int setup(void **test)
{
    (void)test;
    assert_true(timer_start(&clock_system, &timer, NULL));
    watch_start(&store, timer, &watch);
    return 0;
}

static int teardown(void **test)
{
    (void)test;
    watch_stop(watch);
    timer_stop(timer);
    return 0;
}

struct waits {
    struct watcher watcher;
    struct store_waiter waiter;
    struct store_call call;
    bool gone;
};

static void woken(void *context)
{
    struct waits *waits = context;
    waits->call.done(&waits->call);
}

static bool has_gone(void *context)
{
    const struct waits *waits = context;
    return waits->gone;
}

static void ask(struct waits *waits, int64_t position, int64_t wait_ms)
{
    struct uuid id = uuid_at(position);
    *waits = (struct waits){0};
    store_waiter_init(&waits->waiter, &waits->call);
    waits->watcher.wake = woken;
    waits->watcher.sleeper = (struct sleeper){
        .deadline_ns = watch_deadline(watch, wait_ms), .gone = has_gone, .context = waits};
    watch_ask(watch, &waits->watcher, &id);
}

static void job_changes(int64_t position)
{
    told->changed(told->context, position, 7);
}

static bool is_awake(const struct waits *waits)
{
    return atomic_load(&waits->waiter.finished) != 0;
}

static void a_change_wakes_all_who_wait_for_the_job(void **test)
{
    (void)test;
    struct waits first, second, other;
    ask(&first, 1, 20000);
    ask(&second, 1, 20000);
    ask(&other, 2, 20000);
    assert_int_equal(watch_wait(watch, &first.watcher), WATCH_WAITS);
    assert_int_equal(watch_wait(watch, &second.watcher), WATCH_WAITS);
    assert_int_equal(watch_wait(watch, &other.watcher), WATCH_WAITS);
    job_changes(1);
    store_waiter_wait(&first.waiter);
    store_waiter_wait(&second.waiter);
    assert_false(is_awake(&other));
    job_changes(2);
    store_waiter_wait(&other.waiter);
}

static void output_wakes_those_who_want_it(void **test)
{
    (void)test;
    struct waits job, output;
    ask(&job, 1, 20000);
    ask(&output, 1, 20000);
    output.watcher.output = true;
    assert_int_equal(watch_wait(watch, &job.watcher), WATCH_WAITS);
    assert_int_equal(watch_wait(watch, &output.watcher), WATCH_WAITS);
    told->changed(told->context, 1, 0);
    store_waiter_wait(&output.waiter);
    assert_false(is_awake(&job));
    job_changes(1);
    store_waiter_wait(&job.waiter);
}

static void what_changes_after_the_asking_is_not_missed(void **test)
{
    (void)test;
    struct waits waits;
    ask(&waits, 1, 20000);
    job_changes(1);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_MISSED);
    ask(&waits, 1, 20000);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_WAITS);
    job_changes(1);
    store_waiter_wait(&waits.waiter);
}

static void who_waited_long_enough_is_woken(void **test)
{
    (void)test;
    struct waits waits;
    ask(&waits, 1, 50);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_WAITS);
    store_waiter_wait(&waits.waiter);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_OVER);
    job_changes(1);
}

static void who_has_gone_is_woken_once_and_for_all(void **test)
{
    (void)test;
    struct waits waits;
    ask(&waits, 1, 3600000);
    waits.gone = true;
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_WAITS);
    store_waiter_wait(&waits.waiter);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_OVER);
}

static void draining_wakes_all_and_lets_nobody_wait(void **test)
{
    (void)test;
    struct waits waits;
    ask(&waits, 1, 20000);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_WAITS);
    watch_drain(watch);
    store_waiter_wait(&waits.waiter);
    ask(&waits, 1, 20000);
    assert_int_equal(watch_wait(watch, &waits.watcher), WATCH_OVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_wakes_all_who_wait_for_the_job, setup, teardown),
        cmocka_unit_test_setup_teardown(output_wakes_those_who_want_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_changes_after_the_asking_is_not_missed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_waited_long_enough_is_woken, setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_gone_is_woken_once_and_for_all, setup, teardown),
        cmocka_unit_test_setup_teardown(draining_wakes_all_and_lets_nobody_wait, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
