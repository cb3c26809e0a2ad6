/* Reading by name in SQLite through its ranges of names: what is found, and how little is read. */
#include "data.h"
#include "random.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/find/by_name.h"
#include "store/sqlite/index/name_index.h"
#include "store/sqlite/index/posting.h"

#include <stdio.h>
#include <string.h>

#define EVERYTHING 100000
#define PIECE 32

static struct random seed;

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer, *reader; /* of the test itself */
    struct random random;
    struct shadow shadow;
    struct arena arena; /* of one query */
    size_t cost; /* of the last reading, in jobs */
};

/* Without the background indexer: the test decides how far the index is. */
static struct world *world_new(struct fixture *fixture)
{
    struct world *world = ARENA_NEW(&fixture->arena, struct world);
    const char *path = fixture->url + strlen("sqlite:");
    struct err err;

    assert_non_null(world);
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    world->fixture = fixture;
    world->random = seed;
    shadow_init(&world->shadow);
    arena_init(&world->arena, 1 << 26);
    assert_true(connection_open(path, CONNECTION_WRITES, &world->writer, &err));
    assert_true(connection_run(world->writer, "PRAGMA synchronous = OFF"));
    assert_true(connection_open(path, CONNECTION_READS, &world->reader, &err));
    return world;
}

static void world_release(struct world *world)
{
    connection_close(world->reader);
    connection_close(world->writer);
    arena_release(&world->arena);
    shadow_release(&world->shadow);
}

static const struct span type_asked = SPAN("A");

/* One in eight is of the type asked for. */
static void create(struct world *world, const char *(*name)(struct world *world, size_t i),
                   size_t count)
{
    struct draft drafts[100];
    struct arena arena;
    struct job *jobs;

    arena_init(&arena, 1 << 24);
    for (size_t i = 0; i < count; i += ARRAY_SIZE(drafts)) {
        for (size_t j = 0; j < ARRAY_SIZE(drafts); j++)
            drafts[j] = draft_of(&arena, name(world, i + j),
                                 random_one_in(&world->random, 8) ? type_asked.ptr : "B");
        assert_int_equal(
            job_create(world->fixture->store, &arena, drafts, ARRAY_SIZE(drafts), &jobs),
            PROBLEM_NONE);
        for (size_t j = 0; j < ARRAY_SIZE(drafts); j++)
            shadow_add(&world->shadow, &jobs[j]);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

/* In pieces, between which ranges are parted; now and then one is taken back, as on a failure. */
static void index_names(struct world *world, int jobs, int piece)
{
    while (jobs > 0) {
        struct name_index_progress progress;
        bool fails = random_one_in(&world->random, 20);
        assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
        assert_true(name_index_step(world->writer, piece, &progress));
        assert_true(connection_run(world->writer, fails ? "ROLLBACK" : "COMMIT"));
        if (fails)
            known_ranges_release(&world->writer->ranges);
        else if (progress.done == 0)
            break;
        else
            jobs -= progress.done;
    }
}

static const char *numbered(struct world *world, size_t i)
{
    return arena_printf(&world->arena, "job %06zu", i);
}

static const char *falling(struct world *world, size_t i)
{
    return arena_printf(&world->arena, "job %06zu", 999999 - i);
}

static const char *shuffled(struct world *world, size_t i)
{
    (void)i;
    return arena_printf(&world->arena, "job %06u", random_pick(&world->random, 1000000));
}

/* Half of them have one name; others begin alike, some as far as a key goes and further. */
static const char *mixed(struct world *world, size_t i)
{
    static const char *const words[] = {"Import", "Straße", "a", "aa", "aab", "zz", "Nightly"};
    const char *word = words[random_pick(&world->random, ARRAY_SIZE(words))];
    int beside = (int)random_pick(&world->random, 4) - 2;

    (void)i;
    if (random_one_in(&world->random, 2))
        return random_one_in(&world->random, 2) ? "nightly import" : "Nightly Import";
    if (random_one_in(&world->random, 8))
        return word;
    if (random_one_in(&world->random, 4))
        return arena_printf(&world->arena, "m%0*d%s %u", NAME_BUCKET_KEY_MAX + beside - 2, 0,
                            random_one_in(&world->random, 2) ? "é" : "",
                            random_pick(&world->random, 30));
    return arena_printf(&world->arena, "%s %u", word, random_pick(&world->random, 3000));
}

/* So that ranges begin and end with names that many have; of some all that fits into a key. */
static const char *few(struct world *world, size_t i)
{
    unsigned number = random_pick(&world->random, 60);

    (void)i;
    if (number % 6 == 0)
        return arena_printf(&world->arena, "job %02u", number);
    return arena_printf(&world->arena, "job %02u %0*u", number / 3 * 3, NAME_BUCKET_KEY_MAX,
                        number);
}

static const char *alike(struct world *world, size_t i)
{
    (void)world, (void)i;
    return "nightly import";
}

static struct query query_of(struct world *world, const char *pattern, enum name_match match,
                             bool ascending)
{
    struct query query = query_all();

    if (pattern != NULL)
        query_by_name(&world->arena, &query, pattern, match);
    query.order = ORDER_NAME;
    query.ascending = ascending;
    query.page_size = 1 + random_pick(&world->random, 50);
    query.types = &type_asked;
    query.type_count = random_one_in(&world->random, 2) ? 1 : 0;
    return query;
}

static void read_all(struct world *world, struct search *search, struct best *best)
{
    struct by_name by_name;

    world->cost = 0;
    assert_int_equal(by_name_init(search, &by_name), PROBLEM_NONE);
    while (by_name.phase != BY_NAME_END) {
        double part = by_name_part(search, &by_name);
        assert_true(part >= 0 && part <= 1);
        assert_true(world->cost < EVERYTHING);
        assert_int_equal(by_name_read(search, &by_name, best, PIECE), PROBLEM_NONE);
        world->cost += by_name.taken.cost;
    }
    by_name_release(&by_name);
}

static void compare(struct world *world, const struct query *query, const struct cursor *after,
                    const struct best *best)
{
    size_t count, want = query->page_size + 1;
    const struct job **expected = shadow_find(&world->shadow, query, after, &world->arena, &count);

    if (best->count != (count < want ? count : want))
        fail_msg("%zu of %zu: %s", best->count, count, query_text(&world->arena, query));
    for (size_t i = 0; i < best->count; i++)
        if (best->entries[i].place.position != expected[i]->position)
            fail_msg("job %zu: %s", i, query_text(&world->arena, query));
}

/* As the reader sees the store. */
static void check_seen(struct world *world, const struct query *query, const struct cursor *after)
{
    struct store_find find = {.query = query, .after = after};
    struct best *best = ARENA_NEW(&world->arena, struct best);
    struct search search;

    assert_non_null(best);
    assert_int_equal(search_init(&search, world->reader, &find), PROBLEM_NONE);
    read_all(world, &search, best);
    compare(world, query, after, best);
    best_release(best);
    search_release(&search);
}

static void check_page(struct world *world, const struct query *query, const struct cursor *after)
{
    assert_true(connection_run(world->reader, "BEGIN"));
    check_seen(world, query, after);
    assert_true(connection_run(world->reader, "COMMIT"));
}

/* From the start, and from some jobs on, whether they match or not. */
static void check_pages(struct world *world, const char *pattern, enum name_match match)
{
    for (int i = 0; i < 10; i++) {
        struct query query = query_of(world, pattern, match, i % 2 == 0);
        unsigned nth = random_pick(&world->random, world->shadow.count);
        struct cursor cursor = cursor_at(&query, &world->shadow.jobs[nth].job);
        check_page(world, &query, i < 4 ? NULL : &cursor);
        arena_clear(&world->arena);
    }
}

static void check_patterns(struct world *world)
{
    check_pages(world, NULL, MATCH_ANYWHERE);
    check_pages(world, "e", MATCH_ANYWHERE);
    check_pages(world, "job 0", MATCH_START);
    check_pages(world, "job 12 0", MATCH_START);
    check_pages(world, "nightly", MATCH_START);
    check_pages(world, "nightly import", MATCH_START);
    check_pages(world, "m0000", MATCH_START);
    check_pages(world, "00é", MATCH_ANYWHERE);
    check_pages(world, "7", MATCH_END);
    check_pages(world, "straße 1", MATCH_ANYWHERE);
    check_pages(world, "no such", MATCH_ANYWHERE);
}

/* The last are made while others are indexed. */
static void check_growing(struct world *world, const char *(*name)(struct world *world, size_t i))
{
    create(world, name, 3000);
    check_patterns(world);
    for (int i = 0; i < 6; i++) {
        index_names(world, 1500, 1 + (int)random_pick(&world->random, 400));
        create(world, name, 1500);
        check_patterns(world);
    }
    index_names(world, EVERYTHING, 400);
    check_patterns(world);
}

static void pages_are_right(struct world *world, const char *(*name)(struct world *world, size_t i))
{
    check_growing(world, name);
    world_release(world);
}

static void pages_are_right_of_many_names(void **state)
{
    pages_are_right(world_new(*state), shuffled);
}

static void pages_are_right_of_frequent_and_of_long_names(void **state)
{
    pages_are_right(world_new(*state), mixed);
}

static void pages_are_right_of_few_names(void **state)
{
    pages_are_right(world_new(*state), few);
}

static void pages_are_right_where_names_rise(void **state)
{
    pages_are_right(world_new(*state), numbered);
}

static void pages_are_right_where_names_fall(void **state)
{
    pages_are_right(world_new(*state), falling);
}

/* While the index goes on, ranges are closed that a reader has yet to read. */
static void pages_are_right_of_an_older_moment(void **state)
{
    struct world *world = world_new(*state);
    size_t known;

    create(world, shuffled, 12000);
    index_names(world, 4000, 100);
    assert_true(connection_run(world->reader, "BEGIN"));
    assert_int_equal(name_buckets_know(world->reader, NULL), PROBLEM_NONE);
    known = world->reader->buckets.count;
    for (int i = 0; i < 8; i++) {
        struct query query = query_of(world, NULL, MATCH_ANYWHERE, i % 2 == 0);
        index_names(world, 1000, 100);
        check_seen(world, &query, NULL);
        assert_int_equal(world->reader->buckets.count, known);
    }
    assert_true(connection_run(world->reader, "COMMIT"));
    check_patterns(world);
    assert_true(world->reader->buckets.count > known);
    world_release(world);
}

/* Each name belongs to one open range, and what is closed has all its names between its ends. */
static void check_buckets(struct world *world)
{
    struct name_buckets *buckets = &world->writer->buckets;

    assert_int_equal(name_buckets_know(world->writer, NULL), PROBLEM_NONE);
    assert_int_equal(buckets->open[0]->first.len, 0);
    assert_true(buckets->open[buckets->open_count - 1]->endless);
    for (size_t i = 0; i + 1 < buckets->open_count; i++) {
        const struct name_bucket *one = buckets->open[i], *next = buckets->open[i + 1];
        if (name_bucket_is_single(one))
            assert_true(span_compare(one->first, next->first) < 0);
        else
            assert_true(span_eq(one->last, next->first));
    }
}

static const struct name_bucket *largest(struct world *world)
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
    struct world *world = world_new(*state);
    int64_t share;

    create(world, shuffled, 20000);
    index_names(world, EVERYTHING, 100);
    check_buckets(world);
    share = name_bucket_share(20000);
    assert_true(world->writer->buckets.open_count > (size_t)(20000 / share) / 2);
    assert_true(largest(world)->jobs < share + 400);
    world_release(world);
}

/* It has a range for itself, which is never parted, and the other names have theirs. */
static void a_frequent_name_has_its_own_range(void **state)
{
    struct world *world = world_new(*state);
    const struct name_bucket *bucket;

    create(world, mixed, 10000);
    index_names(world, EVERYTHING, 100);
    check_buckets(world);
    bucket = name_buckets_find(&world->writer->buckets, span_of("nightly import"));
    assert_true(name_bucket_is_single(bucket));
    assert_true(bucket->jobs > 1500);
    assert_true(name_buckets_find(&world->writer->buckets, span_of("nightly impor")) != bucket);
    assert_true(name_buckets_find(&world->writer->buckets, span_of("nightly imports")) != bucket);
    world_release(world);
}

static void one_name_is_not_parted(void **state)
{
    struct world *world = world_new(*state);

    create(world, alike, 6000);
    index_names(world, EVERYTHING, 100);
    check_buckets(world);
    assert_int_equal(world->writer->buckets.count, 4); /* the first, the name, and both sides */
    check_patterns(world);
    world_release(world);
}

/* What came since the ranges were parted last, and a part of a range's share of each time before.
 */
static void little_is_read(void **state)
{
    struct world *world = world_new(*state);

    create(world, shuffled, 30000);
    index_names(world, EVERYTHING, 500);
    for (int i = 0; i < 10; i++) {
        struct query query = query_of(world, "job", MATCH_ANYWHERE, i % 2 == 0);
        struct cursor cursor = cursor_at(&query, &world->shadow.jobs[1000 * i].job);
        check_page(world, &query, i < 2 ? NULL : &cursor);
        assert_true(world->cost < 10000);
    }
    world_release(world);
}

/* Of one name the newest come first, so those behind a page's are not read. */
static void little_of_a_frequent_name_is_read(void **state)
{
    struct world *world = world_new(*state);

    create(world, alike, 30000);
    index_names(world, EVERYTHING, 500);
    for (int i = 0; i < 10; i++) {
        struct query query = query_of(world, "night", MATCH_ANYWHERE, i % 2 == 0);
        struct cursor cursor = cursor_at(&query, &world->shadow.jobs[2500 * (i + 2)].job);
        check_page(world, &query, i < 2 ? NULL : &cursor);
        assert_true(world->cost < 3000);
    }
    world_release(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(pages_are_right_of_many_names),
        STORE_TEST(pages_are_right_of_frequent_and_of_long_names),
        STORE_TEST(pages_are_right_of_few_names),
        STORE_TEST(pages_are_right_where_names_rise),
        STORE_TEST(pages_are_right_where_names_fall),
        STORE_TEST(pages_are_right_of_an_older_moment),
        STORE_TEST(ranges_have_their_share),
        STORE_TEST(a_frequent_name_has_its_own_range),
        STORE_TEST(one_name_is_not_parted),
        STORE_TEST(little_is_read),
        STORE_TEST(little_of_a_frequent_name_is_read),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("by name in SQLite", tests, NULL, NULL);
}
