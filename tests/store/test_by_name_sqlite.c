/* Reading by name in SQLite through its ranges of names: what is found, and how little is read. */
#include "data.h"
#include "name_world.h"

#include "store/sqlite/find/by_name.h"

#define PIECE 32

static struct random seed;

static const struct span types_asked[] = {SPAN(NAME_WORLD_FREQUENT), SPAN(NAME_WORLD_RARE)};

static const char *numbered(struct name_world *world, size_t i)
{
    return arena_printf(&world->arena, "job %06zu", i);
}

static const char *falling(struct name_world *world, size_t i)
{
    return arena_printf(&world->arena, "job %06zu", 999999 - i);
}

static struct query query_of(struct name_world *world, const char *pattern, enum name_match match,
                             bool ascending)
{
    struct query query = query_all();

    if (pattern != NULL)
        query_by_name(&world->arena, &query, pattern, match);
    query.order = ORDER_NAME;
    query.ascending = ascending;
    query.page_size = 1 + random_pick(&world->random, 50);
    query.types = &types_asked[random_pick(&world->random, ARRAY_SIZE(types_asked))];
    query.type_count = random_one_in(&world->random, 3) ? 0 : 1;
    return query;
}

static void read_all(struct name_world *world, struct search *search, struct best *best)
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

static void compare(struct name_world *world, const struct query *query, const struct cursor *after,
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
static void check_seen(struct name_world *world, const struct query *query,
                       const struct cursor *after)
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

static void check_page(struct name_world *world, const struct query *query,
                       const struct cursor *after)
{
    assert_true(connection_run(world->reader, "BEGIN"));
    check_seen(world, query, after);
    assert_true(connection_run(world->reader, "COMMIT"));
}

/* From the start, and from some jobs on, whether they match or not. */
static void check_pages(struct name_world *world, const char *pattern, enum name_match match)
{
    for (int i = 0; i < 10; i++) {
        struct query query = query_of(world, pattern, match, i % 2 == 0);
        unsigned nth = random_pick(&world->random, world->shadow.count);
        struct cursor cursor = cursor_at(&query, &world->shadow.jobs[nth].job);
        check_page(world, &query, i < 4 ? NULL : &cursor);
        arena_clear(&world->arena);
    }
}

static void check_patterns(struct name_world *world)
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
static void check_growing(struct name_world *world, name_world_maker name)
{
    name_world_create(world, name, NULL, 3000);
    check_patterns(world);
    for (int i = 0; i < 6; i++) {
        name_world_index(world, 1500, 1 + (int)random_pick(&world->random, 400));
        name_world_create(world, name, NULL, 1500);
        check_patterns(world);
    }
    name_world_index(world, EVERYTHING, 400);
    check_patterns(world);
}

static void pages_are_right(struct name_world *world, name_world_maker name)
{
    check_growing(world, name);
    name_world_release(world);
}

static void pages_are_right_of_many_names(void **state)
{
    pages_are_right(name_world_new(*state, seed), shuffled);
}

static void pages_are_right_of_frequent_and_of_long_names(void **state)
{
    pages_are_right(name_world_new(*state, seed), mixed);
}

static void pages_are_right_of_few_names(void **state)
{
    pages_are_right(name_world_new(*state, seed), few);
}

static void pages_are_right_of_one_name(void **state)
{
    pages_are_right(name_world_new(*state, seed), alike);
}

static void pages_are_right_where_names_rise(void **state)
{
    pages_are_right(name_world_new(*state, seed), numbered);
}

static void pages_are_right_where_names_fall(void **state)
{
    pages_are_right(name_world_new(*state, seed), falling);
}

/* While the index goes on, ranges are closed that a reader has yet to read. */
static void pages_are_right_of_an_older_moment(void **state)
{
    struct name_world *world = name_world_new(*state, seed);
    size_t known;

    name_world_create(world, shuffled, NULL, 12000);
    name_world_index(world, 4000, 100);
    assert_true(connection_run(world->reader, "BEGIN"));
    assert_int_equal(name_buckets_know(world->reader, NULL), PROBLEM_NONE);
    known = world->reader->buckets.count;
    for (int i = 0; i < 8; i++) {
        struct query query = query_of(world, NULL, MATCH_ANYWHERE, i % 2 == 0);
        name_world_index(world, 1000, 100);
        check_seen(world, &query, NULL);
        assert_int_equal(world->reader->buckets.count, known);
    }
    assert_true(connection_run(world->reader, "COMMIT"));
    check_patterns(world);
    assert_true(world->reader->buckets.count > known);
    name_world_release(world);
}

/* What came since the ranges were parted last, and a part of a range's share of each time before.
 */
static void little_is_read(void **state)
{
    struct name_world *world = name_world_new(*state, seed);

    name_world_create(world, shuffled, NULL, 30000);
    name_world_index(world, EVERYTHING, 500);
    for (int i = 0; i < 10; i++) {
        struct query query = query_of(world, "job", MATCH_ANYWHERE, i % 2 == 0);
        struct cursor cursor = cursor_at(&query, &world->shadow.jobs[1000 * i].job);
        check_page(world, &query, i < 2 ? NULL : &cursor);
        assert_true(world->cost < 10000);
    }
    name_world_release(world);
}

/* Of one name the newest come first, so those behind a page's are not read. */
static void little_of_a_frequent_name_is_read(void **state)
{
    struct name_world *world = name_world_new(*state, seed);

    name_world_create(world, alike, NULL, 30000);
    name_world_index(world, EVERYTHING, 500);
    for (int i = 0; i < 10; i++) {
        struct query query = query_of(world, "night", MATCH_ANYWHERE, i % 2 == 0);
        struct cursor cursor = cursor_at(&query, &world->shadow.jobs[2500 * (i + 2)].job);
        check_page(world, &query, i < 2 ? NULL : &cursor);
        assert_true(world->cost < 3000);
    }
    name_world_release(world);
}

#define FREQUENT 40 /* types */
#define LISTED 20 /* of them */

/* Of a type that is asked for, or not. */
static const char *last_or_first(struct name_world *world, size_t i)
{
    unsigned number = random_pick(&world->random, 1000000);

    return arena_printf(&world->arena, i % FREQUENT < LISTED ? "z %06u" : "a %06u", number);
}

static const char *type_of_many(struct name_world *world, size_t i)
{
    return arena_printf(&world->arena, "T%02zu", i % FREQUENT);
}

static void little_is_read_of_many_types(void **state)
{
    struct name_world *world = name_world_new(*state, seed);
    struct span types[LISTED];
    struct query query;

    name_world_create(world, last_or_first, type_of_many, 20000);
    name_world_index(world, EVERYTHING, 500);
    query = query_of(world, NULL, MATCH_ANYWHERE, true);
    for (size_t i = 0; i < LISTED; i++)
        types[i] = span_of(type_of_many(world, i));
    query.types = types;
    query.type_count = LISTED;
    check_page(world, &query, NULL);
    assert_true(world->cost < 4000);
    name_world_release(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(pages_are_right_of_many_names),
        STORE_TEST(pages_are_right_of_frequent_and_of_long_names),
        STORE_TEST(pages_are_right_of_few_names),
        STORE_TEST(pages_are_right_of_one_name),
        STORE_TEST(pages_are_right_where_names_rise),
        STORE_TEST(pages_are_right_where_names_fall),
        STORE_TEST(pages_are_right_of_an_older_moment),
        STORE_TEST(little_is_read),
        STORE_TEST(little_of_a_frequent_name_is_read),
        STORE_TEST(little_is_read_of_many_types),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("by name in SQLite", tests, NULL, NULL);
}
