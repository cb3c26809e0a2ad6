/* Tests of the feed's ring: order, each job once, what makes room, held against a plain list. */
#include "service/feed_ring.h"

#include "model_test.h"

#define ROUNDS 40000
#define POSITIONS 6000

static struct feed_ring ring;

static int setup(void **test)
{
    (void)test;
    return feed_ring_init(&ring) ? 0 : -1;
}

static int teardown(void **test)
{
    (void)test;
    feed_ring_release(&ring);
    return 0;
}

static struct job job_of(int64_t position, int64_t change)
{
    return (struct job){.position = position,
                        .change = change,
                        .id = uuid_at(position),
                        .name = SPAN("Große Datei"),
                        .type = SPAN("TYPE"),
                        .message = SPAN("one\n\"two\""),
                        .started_on = JOB_NO_TIME,
                        .ended_on = JOB_NO_TIME,
                        .progress = JOB_NO_PROGRESS};
}

static void add(int64_t position, int64_t change)
{
    struct job job = job_of(position, change);
    struct feed_entry *entry = feed_entry_new(&job);
    assert_non_null(entry);
    feed_ring_add(&ring, entry);
}

/* The change and position of the next one behind `at`. */
static void assert_next(int64_t at, int64_t change, int64_t position)
{
    const struct feed_entry *entry = feed_ring_next(&ring, &at);
    assert_non_null(entry);
    assert_int_equal(at, change);
    assert_int_equal(entry->job.change, change);
    assert_int_equal(entry->job.position, position);
}

static void assert_none(int64_t at, int64_t then)
{
    assert_null(feed_ring_next(&ring, &at));
    assert_int_equal(at, then);
}

static void an_empty_one_has_nothing(void **test)
{
    (void)test;
    assert_none(0, 0);
    feed_ring_reset(&ring, 70);
    assert_int_equal(ring.low, 70);
    assert_int_equal(ring.high, 70);
    assert_none(70, 70);
    assert_none(80, 80);
}

static void changes_come_in_order(void **test)
{
    (void)test;
    feed_ring_reset(&ring, 10);
    add(7, 11);
    add(3, 15); /* changes of others are in between, or of jobs that nobody can see */
    add(5, 16);
    assert_next(10, 11, 7);
    assert_next(11, 15, 3);
    assert_next(13, 15, 3);
    assert_next(15, 16, 5);
    assert_none(16, 16);
    assert_int_equal(ring.low, 10);
    assert_int_equal(ring.high, 16);
}

static void a_job_is_there_once(void **test)
{
    (void)test;
    add(1, 1);
    add(2, 2);
    add(1, 3);
    add(1, 4);
    assert_next(0, 2, 2);
    assert_next(2, 4, 1);
    assert_none(4, 4);
    add(2, 5);
    assert_next(0, 4, 1);
}

static void an_entry_is_ready_to_be_sent(void **test)
{
    struct job job = job_of(1, 2);
    struct feed_entry *entry = feed_entry_new(&job);
    (void)test;
    assert_non_null(entry);
    assert_span(entry->job.name, "Große Datei");
    assert_true(entry->job.name.ptr != job.name.ptr);
    assert_span(entry->job.type, "TYPE");
    assert_span(entry->folded, "grosse datei");
    assert_int_equal(entry->job.message.len, 0);
    assert_non_null(memmem(entry->json.ptr, entry->json.len, "one\\n\\\"two\\\"", 11));
    assert_null(memchr(entry->json.ptr, '\n', entry->json.len));
    feed_entry_free(entry);
}

static void the_oldest_make_room_for_one_more(void **test)
{
    (void)test;
    for (int64_t i = 1; i <= FEED_RING_SLOTS; i++)
        add(i, i);
    assert_int_equal(ring.low, 0);
    add(FEED_RING_SLOTS + 1, FEED_RING_SLOTS + 1);
    assert_int_equal(ring.low, 1);
    assert_next(1, 2, 2);
    add(2, FEED_RING_SLOTS + 2); /* which leaves a slot in front that nothing is in */
    assert_int_equal(ring.low, 2);
    assert_next(2, 3, 3);
}

/* Of long messages fewer fit. */
static void the_oldest_make_room_for_bytes(void **test)
{
    AUTO(arena_release) struct arena arena;
    const struct feed_entry *entry;
    struct job job;
    size_t bytes = 0;
    int64_t at;
    (void)test;
    for (int64_t i = 1; i <= 200; i++)
        add(i, i);
    assert_int_equal(ring.low, 0);
    arena_init(&arena, 1 << 20);
    job = job_of(0, 0);
    job.message = repeat(&arena, "z", 1 << 18);
    for (int64_t i = 201; i <= 240; i++) {
        job.position = job.change = i;
        feed_ring_add(&ring, feed_entry_new(&job));
    }
    assert_true(ring.low > 200);
    for (at = ring.low; (entry = feed_ring_next(&ring, &at)) != NULL;)
        bytes += entry->json.len;
    assert_int_equal(at, 240);
    assert_true(bytes <= FEED_RING_BYTES);
    assert_true(bytes > FEED_RING_BYTES - 2 * job.message.len);
}

static void after_a_reset_everything_is_new(void **test)
{
    (void)test;
    for (int64_t i = 1; i <= 100; i++)
        add(i, i);
    feed_ring_reset(&ring, 500);
    assert_none(500, 500);
    add(1, 501);
    assert_next(500, 501, 1);
}

/* By a list in which each job has its last change: 0, it has none that is kept. */
static void it_is_what_a_plain_list_is(void **test)
{
    static int64_t latest[POSITIONS], writer[ROUNDS + 1];
    uint64_t seed = 7;
    (void)test;
    for (int64_t change = 1; change <= ROUNDS; change++) {
        int64_t position = (int64_t)(next_number(&seed) % POSITIONS);
        int64_t at, wanted;
        add(position, change);
        latest[position] = change;
        writer[change] = position;
        assert_int_equal(ring.high, change);
        assert_int_equal(ring.low, change > FEED_RING_SLOTS ? change - FEED_RING_SLOTS : 0);
        at = ring.low + (int64_t)(next_number(&seed) % (uint64_t)(change - ring.low));
        for (wanted = at + 1; latest[writer[wanted]] != wanted;)
            wanted++;
        assert_next(at, wanted, writer[wanted]);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_one_has_nothing),
        TEST(changes_come_in_order),
        TEST(a_job_is_there_once),
        TEST(an_entry_is_ready_to_be_sent),
        TEST(the_oldest_make_room_for_one_more),
        TEST(the_oldest_make_room_for_bytes),
        TEST(after_a_reset_everything_is_new),
        TEST(it_is_what_a_plain_list_is),
    };
    return cmocka_run_group_tests_name("feed_ring", tests, NULL, NULL);
}
