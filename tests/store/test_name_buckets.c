/* Name buckets of SQLite: whatever names come, each has its share of them, and all are in one. */
#include "name_world.h"

#include "store/sqlite/index/name_bucket.h"
#include "store/sqlite/index/name_index.h"
#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/posting.h"
#include "store/sqlite/index/segment.h"

static struct random seed;

static void add_jobs(struct name_world *world, const struct name_bucket *bucket, int64_t segment,
                     roaring_bitmap_t *jobs)
{
    roaring_bitmap_t *more;

    assert_int_equal(posting_read(world->writer, segment, posting_bucket(bucket->id), &more, NULL),
                     PROBLEM_NONE);
    if (more != NULL)
        roaring_bitmap_or_inplace(jobs, more);
    posting_free(more);
}

static roaring_bitmap_t *jobs_of(struct name_world *world, const struct name_bucket *bucket)
{
    roaring_bitmap_t *jobs = roaring_bitmap_create();
    struct segments segments;

    assert_int_equal(
        segments_read(world->writer, 1U << SEGMENT_LIVE, &world->arena, &segments, NULL),
        PROBLEM_NONE);
    for (size_t i = 0; i < segments.count; i++)
        add_jobs(world, bucket, segments.list[i].id, jobs);
    return jobs;
}

/* Whether all of its jobs came while it was open, and have names in its range. */
static void check_jobs(struct name_world *world, const struct name_bucket *bucket,
                       const roaring_bitmap_t *jobs)
{
    roaring_uint32_iterator_t at;

    for (roaring_init_iterator(jobs, &at); at.has_value; roaring_advance_uint32_iterator(&at)) {
        struct span key = name_bucket_key(world->shadow.jobs[at.current_value].folded);
        assert_true(at.current_value >= bucket->since && at.current_value < bucket->until);
        assert_true(span_compare(key, bucket->first) >= 0);
        assert_true(bucket->endless || span_compare(key, bucket->last) <= 0);
    }
}

static bool is_of_a_job(struct name_world *world, struct span key)
{
    for (size_t i = 0; i < world->shadow.count; i++)
        if (span_eq(name_bucket_key(world->shadow.jobs[i].folded), key))
            return true;
    return false;
}

/* A closed one is as narrow as its names are, and of the open ones none is empty. */
static void check_ends(struct name_world *world)
{
    const struct name_buckets *buckets = &world->writer->buckets;

    for (size_t i = 0; i < buckets->count; i++)
        if (!buckets->list[i].open)
            assert_true(is_of_a_job(world, buckets->list[i].first) &&
                        is_of_a_job(world, buckets->list[i].last));
    for (size_t i = 1; i < buckets->open_count; i++)
        assert_true(span_compare(buckets->open[i - 1]->first, buckets->open[i]->first) < 0);
}

/* Whether each indexed job is in one. Whoever reads the buckets checks that names are, too. */
static void check_buckets(struct name_world *world)
{
    const struct name_buckets *buckets = &world->writer->buckets;
    roaring_bitmap_t *all = roaring_bitmap_create();
    int64_t indexed;

    assert_int_equal(name_buckets_know(world->writer, NULL), PROBLEM_NONE);
    assert_int_equal(ordinal_count(world->writer, &indexed, NULL), PROBLEM_NONE);
    for (size_t i = 0; i < buckets->count; i++) {
        roaring_bitmap_t *jobs = jobs_of(world, &buckets->list[i]);
        check_jobs(world, &buckets->list[i], jobs);
        assert_false(roaring_bitmap_intersect(all, jobs));
        roaring_bitmap_or_inplace(all, jobs);
        posting_free(jobs);
    }
    assert_int_equal(roaring_bitmap_get_cardinality(all), indexed);
    check_ends(world);
    posting_free(all);
    arena_clear(&world->arena);
}

static const struct name_bucket *largest(struct name_world *world)
{
    const struct name_buckets *buckets = &world->writer->buckets;
    const struct name_bucket *found = &buckets->list[0];

    for (size_t i = 1; i < buckets->count; i++)
        if (buckets->list[i].jobs > found->jobs)
            found = &buckets->list[i];
    return found;
}

/* A piece more than their share, and what counting by samples is off. */
static void ranges_have_their_share(void **state)
{
    struct name_world *world = name_world_new(*state, seed);
    int64_t share;

    name_world_create(world, shuffled, NULL, 20000);
    name_world_index(world, EVERYTHING, 100);
    check_buckets(world);
    share = name_bucket_share(20000);
    assert_true(world->writer->buckets.open_count > (size_t)(20000 / share) / 2);
    assert_true(largest(world)->jobs < share + 400);
    name_world_release(world);
}

/* It has a range for itself, which is never parted, and the other names have theirs. */
static void a_frequent_name_has_its_own_range(void **state)
{
    struct name_world *world = name_world_new(*state, seed);
    const struct name_bucket *bucket;

    name_world_create(world, mixed, NULL, 10000);
    name_world_index(world, EVERYTHING, 100);
    check_buckets(world);
    bucket = name_buckets_find(&world->writer->buckets, span_of("nightly import"));
    assert_true(name_bucket_is_single(bucket));
    assert_true(bucket->jobs > 1500);
    assert_true(name_buckets_find(&world->writer->buckets, span_of("nightly impor")) != bucket);
    assert_true(name_buckets_find(&world->writer->buckets, span_of("nightly imports")) != bucket);
    name_world_release(world);
}

static void one_name_is_not_parted(void **state)
{
    struct name_world *world = name_world_new(*state, seed);

    name_world_create(world, alike, NULL, 6000);
    name_world_index(world, EVERYTHING, 100);
    check_buckets(world);
    assert_int_equal(world->writer->buckets.count, 4); /* the first, the name, and both sides */
    name_world_release(world);
}

/* Names that a range begins with come to be half of it. */
static void no_range_is_empty(void **state)
{
    struct name_world *world = name_world_new(*state, seed);

    name_world_create(world, few, NULL, 20000);
    name_world_index(world, EVERYTHING, 100);
    check_buckets(world);
    name_world_release(world);
}

static const char *two_long_ones(struct name_world *world, size_t i)
{
    int number = (int)random_pick(&world->random, 1000000);

    return i % 2 == 0 ? arena_printf(&world->arena, "a%0*d %d", NAME_BUCKET_KEY_MAX, 0, number)
                      : arena_printf(&world->arena, "b%06d", number);
}

/* Half of the names are alike as far as a key goes. */
static void names_behind_a_long_key_have_their_share(void **state)
{
    struct name_world *world = name_world_new(*state, seed);
    const struct name_bucket *bucket;

    name_world_create(world, two_long_ones, NULL, 12000);
    name_world_index(world, EVERYTHING, 100);
    check_buckets(world);
    bucket = name_buckets_find(&world->writer->buckets, world->shadow.jobs[0].folded);
    assert_true(name_bucket_is_one(bucket) && !name_bucket_is_single(bucket));
    bucket = name_buckets_find(&world->writer->buckets, span_of("b5"));
    assert_true(bucket->jobs < name_bucket_share(12000) + 400);
    name_world_release(world);
}

/* Else a store that fails for long would part its ranges again and again. */
static void jobs_that_are_taken_back_do_not_count(void **state)
{
    struct name_world *world = name_world_new(*state, seed);
    struct name_index_progress progress;

    name_world_create(world, shuffled, NULL, 500);
    for (int i = 0; i < 20; i++) {
        assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
        assert_true(name_index_step(world->writer, 500, &progress));
        assert_true(connection_run(world->writer, "ROLLBACK"));
        name_index_forget(world->writer);
    }
    name_world_index(world, EVERYTHING, 500);
    check_buckets(world);
    assert_int_equal(world->writer->buckets.count, 1);
    assert_true(largest(world)->jobs < 1000);
    name_world_release(world);
}

static void expect_damage(struct name_world *world, const char *how)
{
    struct name_index_progress progress;

    name_buckets_release(&world->writer->buckets);
    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    assert_true(connection_run(world->writer, how));
    assert_int_equal(name_buckets_know(world->writer, NULL), PROBLEM_INTERNAL);
    assert_int_equal(name_buckets_know(world->writer, NULL), PROBLEM_INTERNAL);
    assert_false(name_index_step(world->writer, 10, &progress));
    assert_true(connection_run(world->writer, "ROLLBACK"));
}

static void damaged_ranges_are_an_error(void **state)
{
    static const char *const ways[] = {
        "DELETE FROM name_bucket",
        "UPDATE name_bucket SET until = 0",
        "UPDATE name_bucket SET first = 'a' WHERE first = '' AND until IS NULL",
        "UPDATE name_bucket SET last = 'z' WHERE last IS NULL",
        "UPDATE name_bucket SET last = NULL WHERE until IS NULL",
        "DELETE FROM name_bucket WHERE id = (SELECT max(id) - 1 FROM name_bucket)",
    };
    struct name_world *world = name_world_new(*state, seed);

    name_world_create(world, shuffled, NULL, 5000);
    name_world_index(world, EVERYTHING, 500);
    name_world_create(world, shuffled, NULL, 100);
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
        expect_damage(world, ways[i]);
    name_world_index(world, EVERYTHING, 500);
    check_buckets(world);
    name_world_release(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(ranges_have_their_share),
        STORE_TEST(a_frequent_name_has_its_own_range),
        STORE_TEST(one_name_is_not_parted),
        STORE_TEST(no_range_is_empty),
        STORE_TEST(names_behind_a_long_key_have_their_share),
        STORE_TEST(jobs_that_are_taken_back_do_not_count),
        STORE_TEST(damaged_ranges_are_an_error),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("name buckets of SQLite", tests, NULL, NULL);
}
