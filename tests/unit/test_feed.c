/* Tests of the change feed on a store that tells, or does not tell, of what it has. */
#include "service/feed.h"

#include "model_test.h"

#include <stdatomic.h>

#define JOBS_MAX 64

/* A store of jobs that were written once each: the change `n` is the job at position `n`. */
struct fake {
    struct store store;
    struct store_observer *observer;
    atomic_int_least64_t last;
    void (*meanwhile)(void); /* what happens while the store is asked next */
};

static struct fake *fake_of(struct store *store)
{
    return CONTAINER_OF(store, struct fake, store);
}

static struct job job_of(int64_t change)
{
    return (struct job){.position = change,
                        .change = change,
                        .id = uuid_at(change),
                        .name = SPAN("name"),
                        .type = SPAN("TYPE"),
                        .started_on = JOB_NO_TIME,
                        .ended_on = JOB_NO_TIME,
                        .progress = JOB_NO_PROGRESS};
}

static void fake_changes(struct store *store, struct store_changes *changes)
{
    struct fake *fake = fake_of(store);
    void (*meanwhile)(void) = fake->meanwhile;
    fake->meanwhile = NULL;
    if (meanwhile != NULL)
        meanwhile();
    changes->last = atomic_load(&fake->last);
    changes->jobs = ARENA_ARRAY(changes->arena, struct job, JOBS_MAX);
    for (int64_t at = changes->after; at < changes->last && changes->count < changes->limit;)
        changes->jobs[changes->count++] = job_of(++at);
    changes->call.problem = PROBLEM_NONE;
    changes->call.done(&changes->call);
}

static void fake_stalled(struct store *store, struct store_stalled *stalled)
{
    (void)store;
    stalled->call.problem = PROBLEM_NONE;
    stalled->call.done(&stalled->call);
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
    .changes = fake_changes,
    .stalled = fake_stalled,
    .observe = fake_observe,
    .unobserve = fake_unobserve,
};

static struct fake fake;
static struct feed *feed;

static int setup(void **test)
{
    (void)test;
    static const struct feed_options options = {.readers_max = 10, .stalled_after_ms = 1000};
    fake = (struct fake){.store.ops = &fake_ops};
    assert_true(feed_start(&fake.store, &clock_system, &options, &feed, NULL));
    return 0;
}

static int teardown(void **test)
{
    (void)test;
    feed_drain(feed);
    feed_stop(feed);
    return 0;
}

/* Another daemon's: nobody is told. */
static void write_unheard(int64_t last)
{
    atomic_store(&fake.last, last);
}

static void write_job(int64_t last)
{
    write_unheard(last);
    fake.observer->changed(fake.observer->context, last, last);
}

/* A reader of everything on a thread that may sleep, with the changes it was told of. */
struct reading {
    struct query query;
    struct feed_reader reader;
    struct store_call call; /* its waiter's */
    struct store_waiter waiter;
    int64_t told[JOBS_MAX];
    size_t count;
    bool synced;
};

static bool emit(void *context, const struct feed_event *event)
{
    struct reading *reading = context;
    if (event->kind == FEED_JOB)
        reading->told[reading->count++] = event->position;
    reading->synced = reading->synced || event->kind == FEED_SYNCED;
    return reading->count < JOBS_MAX;
}

static void wake(void *context)
{
    struct reading *reading = context;
    reading->call.done(&reading->call);
}

static bool never_over(void *context)
{
    (void)context;
    return false;
}

/* Who asked for the last change number and got `last`. */
static void join(struct reading *reading, int64_t position, int64_t last)
{
    *reading = (struct reading){.query.statuses = ~0u};
    reading->reader = (struct feed_reader){.query = &reading->query,
                                           .position = position,
                                           .emit = emit,
                                           .wake = wake,
                                           .over = never_over,
                                           .context = reading};
    assert_int_equal(feed_join(feed, &reading->reader, last, NULL), PROBLEM_NONE);
}

static void leave(struct reading *reading)
{
    feed_leave(feed, &reading->reader);
}

/* Until so many changes were told, and it is synced. A lost wake-up is a test that hangs. */
static void read_until(struct reading *reading, size_t count)
{
    while (reading->count < count || !reading->synced) {
        store_waiter_init(&reading->waiter, &reading->call);
        if (feed_read(feed, &reading->reader) == FEED_WAITS)
            store_waiter_wait(&reading->waiter);
    }
}

static void must_have_told(const struct reading *reading, int64_t from, int64_t to)
{
    assert_int_equal(reading->count, to - from + 1);
    for (size_t i = 0; i < reading->count; i++)
        assert_int_equal(reading->told[i], from + (int64_t)i);
}

static void a_reader_is_told_of_what_was_and_of_what_comes(void **test)
{
    (void)test;
    struct reading reading;
    write_job(3);
    join(&reading, 0, 3);
    read_until(&reading, 3);
    write_job(5);
    read_until(&reading, 5);
    must_have_told(&reading, 1, 5);
    leave(&reading);
}

/* The last one left between a reader's look at the store and its joining. */
static void who_joins_late_and_alone_misses_nothing(void **test)
{
    (void)test;
    struct reading first, second;
    join(&first, FEED_FROM_NOW, 0);
    write_job(4);
    read_until(&first, 4);
    leave(&first);
    join(&second, FEED_FROM_NOW, 2);
    read_until(&second, 2);
    must_have_told(&second, 3, 4);
    leave(&second);
}

static struct reading leaving, joining;
static struct store_waiter joined;
static struct store_call joined_call;

static void one_leaves_and_one_joins(void)
{
    leave(&leaving);
    join(&joining, FEED_FROM_NOW, 2);
    joined_call.done(&joined_call);
}

static void who_joins_while_the_store_is_read_misses_nothing(void **test)
{
    (void)test;
    join(&leaving, FEED_FROM_NOW, 0);
    write_job(4);
    read_until(&leaving, 4);
    store_waiter_init(&joined, &joined_call);
    fake.meanwhile = one_leaves_and_one_joins;
    write_job(5);
    store_waiter_wait(&joined);
    read_until(&joining, 3);
    must_have_told(&joining, 3, 5);
    leave(&joining);
}

static void what_was_written_unheard_is_read_once_that_is_known(void **test)
{
    (void)test;
    struct reading reading;
    join(&reading, FEED_FROM_NOW, 0);
    read_until(&reading, 0);
    write_unheard(2);
    fake.observer->missed(fake.observer->context);
    read_until(&reading, 2);
    must_have_told(&reading, 1, 2);
    leave(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_is_told_of_what_was_and_of_what_comes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_joins_late_and_alone_misses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(who_joins_while_the_store_is_read_misses_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_written_unheard_is_read_once_that_is_known, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
