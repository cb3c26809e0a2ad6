/* Tests of waiting claims on a store that does what a race would. */
#include "service/leases.h"

#include "model_test.h"

#include <stdatomic.h>

/* A store with a number of jobs of one type, whose answers a test can come before. */
struct fake {
    struct store store;
    struct store_observer *observer;
    atomic_int jobs, asked;
    int ready_while_asked; /* so many become ready after the next look, before its answer */
};

static const struct span type = SPAN("TYPE");

static struct fake *fake_of(struct store *store)
{
    return CONTAINER_OF(store, struct fake, store);
}

static void fake_claim(struct store *store, struct store_claim *claim)
{
    static struct grant grant = {.job = {.type = SPAN("TYPE")}};
    struct fake *fake = fake_of(store);
    claim->call.problem = PROBLEM_NONE;
    claim->grants = &grant;
    claim->count = atomic_load(&fake->jobs) > 0;
    atomic_fetch_sub(&fake->jobs, (int)claim->count);
    atomic_fetch_add(&fake->asked, 1);
    for (; fake->ready_while_asked > 0; fake->ready_while_asked--) {
        atomic_fetch_add(&fake->jobs, 1);
        fake->observer->ready(fake->observer->context, type);
    }
    claim->call.done(&claim->call);
}

static void fake_reap(struct store *store, struct store_reap *reap)
{
    (void)store;
    reap->next_ms = 60000;
    reap->call.done(&reap->call);
}

static void fake_observe(struct store *store, struct store_observer *observer)
{
    fake_of(store)->observer = observer;
}

static void fake_unobserve(struct store *store, struct store_observer *observer)
{
    (void)store, (void)observer;
}

static const struct store_ops fake_ops = {
    .claim = fake_claim, .reap = fake_reap, .observe = fake_observe, .unobserve = fake_unobserve};

struct bench {
    struct fake fake;
    struct timer *timer;
    struct leases *leases;
    struct service service;
};

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){.fake.store.ops = &fake_ops};
    assert_true(timer_start(&clock_system, &bench->timer, NULL));
    leases_start(&bench->fake.store, bench->timer, &bench->leases);
    bench->service.leases = bench->leases;
}

static void bench_close(struct bench *bench)
{
    leases_stop(bench->leases);
    timer_stop(bench->timer);
}

static bool not_gone(void *context)
{
    (void)context;
    return false;
}

static bool gone(void *context)
{
    (void)context;
    return true;
}

struct asking {
    struct leases_claim claim;
    struct claim wanted;
    struct store_waiter waiter;
};

static void begin(struct bench *bench, struct asking *asking, int64_t wait_ms,
                  bool (*is_gone)(void *context))
{
    *asking =
        (struct asking){.claim.store.claim = &asking->wanted,
                        .claim.gone = is_gone,
                        .wanted = {.types = &type, .type_count = 1, .max = 1, .wait_ms = wait_ms}};
    store_waiter_init(&asking->waiter, &asking->claim.store.call);
    leases_claim(&bench->service, &asking->claim);
}

/* How many jobs it was given. */
static size_t end(struct asking *asking)
{
    store_waiter_wait(&asking->waiter);
    assert_int_equal(asking->claim.store.call.problem, PROBLEM_NONE);
    return asking->claim.store.count;
}

static void job_comes(struct bench *bench)
{
    atomic_fetch_add(&bench->fake.jobs, 1);
    bench->fake.observer->ready(bench->fake.observer->context, type);
}

static void what_becomes_ready_while_asking_is_not_missed(void **test)
{
    (void)test;
    struct bench bench;
    struct asking asking;
    bench_open(&bench);
    bench.fake.ready_while_asked = 1;
    int64_t begun = clock_mono_ns(&clock_system);
    begin(&bench, &asking, 20000, not_gone);
    assert_int_equal(end(&asking), 1);
    assert_true(clock_mono_ns(&clock_system) - begun < INT64_C(10000000000));
    bench_close(&bench);
}

static void waiting_asks_nothing(void **test)
{
    (void)test;
    struct bench bench;
    struct asking asking;
    bench_open(&bench);
    begin(&bench, &asking, 1200, not_gone);
    assert_int_equal(end(&asking), 0);
    assert_int_equal(bench.fake.asked, 1);
    bench_close(&bench);
}

static void one_job_wakes_one_claim(void **test)
{
    (void)test;
    struct bench bench;
    struct asking first, second;
    bench_open(&bench);
    begin(&bench, &first, 20000, not_gone);
    begin(&bench, &second, 20000, not_gone);
    job_comes(&bench);
    assert_int_equal(end(&first), 1);
    assert_int_equal(bench.fake.asked, 3);
    job_comes(&bench);
    assert_int_equal(end(&second), 1);
    assert_int_equal(bench.fake.asked, 4);
    bench_close(&bench);
}

/* Woken, it leaves the job to the next in line. */
static void who_has_gone_takes_nothing(void **test)
{
    (void)test;
    struct bench bench;
    struct asking first, second;
    bench_open(&bench);
    begin(&bench, &first, 20000, gone);
    begin(&bench, &second, 20000, not_gone);
    job_comes(&bench);
    assert_int_equal(end(&second), 1);
    assert_int_equal(end(&first), 0);
    assert_int_equal(bench.fake.asked, 3);
    bench_close(&bench);
}

static void draining_answers_all_and_takes_nothing(void **test)
{
    (void)test;
    struct bench bench;
    struct asking waits, comes;
    bench_open(&bench);
    begin(&bench, &waits, 20000, not_gone);
    leases_drain(bench.leases);
    assert_int_equal(end(&waits), 0);
    job_comes(&bench);
    begin(&bench, &comes, 20000, not_gone);
    assert_int_equal(end(&comes), 0);
    assert_int_equal(bench.fake.jobs, 1);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_becomes_ready_while_asking_is_not_missed),
        cmocka_unit_test(waiting_asks_nothing),
        cmocka_unit_test(one_job_wakes_one_claim),
        cmocka_unit_test(who_has_gone_takes_nothing),
        cmocka_unit_test(draining_answers_all_and_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
