/* Walks by name in SQLite, the index behind and caught up: what they find, and what they read. */
#include "data.h"

#include "base/metrics.h"
#include "store/name_range.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/find/walk.h"
#include "store/sqlite/index/name_index.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVERYTHING 10000
#define PIECE 32
/* What a walk reads before it looks up the ranges, and to find out where they begin and end. */
#define ROWS_BESIDE (64 + 4 * PIECE)

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer, *reader; /* of the test itself */
    struct shadow shadow;
    bool typed; /* queries ask for the jobs of one type */
    /* What the walk at hand found and read. */
    int64_t found[EVERYTHING];
    size_t found_count, rows;
};

static struct world *world_new(struct fixture *fixture)
{
    struct world *world = ARENA_NEW(&fixture->arena, struct world);
    const char *path = fixture->url + strlen("sqlite:");
    struct err err;

    assert_non_null(world);
    world->fixture = fixture;
    shadow_init(&world->shadow);
    assert_true(connection_open(path, CONNECTION_WRITES, &world->writer, &err));
    assert_true(connection_open(path, CONNECTION_READS, &world->reader, &err));
    return world;
}

/* Without the background indexer: the test decides how far the index is. */
static struct world *world_by_hand(struct fixture *fixture)
{
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    return world_new(fixture);
}

static void world_release(struct world *world)
{
    connection_close(world->reader);
    connection_close(world->writer);
    shadow_release(&world->shadow);
}

static void create_all(struct world *world, const struct draft *drafts, size_t count)
{
    struct job *jobs;

    assert_int_equal(
        job_create(world->fixture->store, &world->fixture->arena, drafts, count, &jobs),
        PROBLEM_NONE);
    for (size_t i = 0; i < count; i++)
        shadow_add(&world->shadow, &jobs[i]);
}

static const struct span type_asked = SPAN("A");

/* Of one name, or of names with a number behind; two thirds are of the type asked for. */
static void create(struct world *world, const char *name, bool numbered, size_t count)
{
    struct arena *arena = &world->fixture->arena;
    struct draft *drafts = ARENA_ARRAY(arena, struct draft, count);

    for (size_t i = 0; i < count; i++) {
        const char *full = numbered ? arena_printf(arena, "%s %04zu", name, i) : name;
        drafts[i] = draft_of(arena, full, i % 3 == 1 ? "B" : type_asked.ptr);
    }
    create_all(world, drafts, count);
}

static void index_names(struct world *world, int jobs)
{
    struct name_index_progress progress;

    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    assert_true(name_index_step(world->writer, jobs, &progress));
    assert_true(connection_run(world->writer, "COMMIT"));
}

static struct query query_of(struct world *world, const char *pattern, enum name_match match,
                             bool ascending)
{
    struct query query = query_all();

    query_by_name(&world->fixture->arena, &query, pattern, match);
    query.order = ORDER_NAME;
    query.ascending = ascending;
    query.types = &type_asked;
    query.type_count = world->typed ? 1 : 0;
    return query;
}

static void read_all(struct world *world, struct search *search, struct walk *walk)
{
    world->found_count = world->rows = 0;
    for (size_t reads = 0; !walk->ended; reads++) {
        assert_true(reads < EVERYTHING);
        assert_int_equal(walk_read(search, walk, PIECE), PROBLEM_NONE);
        world->rows += walk->rows;
        for (size_t i = 0; i < walk->count; i++)
            world->found[world->found_count++] = walk->entries[i].position;
    }
}

/* To the end, from a place on (NULL: from the start). */
static void walk_on(struct world *world, const struct query *query, const struct cursor *after)
{
    struct store_find find = {.query = query, .after = after};
    struct search search;
    struct walk walk;

    assert_true(connection_run(world->reader, "BEGIN"));
    assert_int_equal(search_init(&search, world->reader, &find), PROBLEM_NONE);
    assert_int_equal(walk_init(&search, &walk), PROBLEM_NONE);
    read_all(world, &search, &walk);
    walk_release(&walk);
    search_release(&search);
    assert_true(connection_run(world->reader, "COMMIT"));
}

static void check_walk(struct world *world, const struct query *query, const struct cursor *after)
{
    struct arena arena;
    const struct job **expected;
    size_t count;

    arena_init(&arena, 1 << 24);
    expected = shadow_find(&world->shadow, query, after, &arena, &count);
    walk_on(world, query, after);
    assert_int_equal(world->found_count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(world->found[i], expected[i]->position);
    arena_release(&arena);
}

/* From the start, and from some jobs on, whether they match or not. */
static void check_walks(struct world *world, const char *pattern, enum name_match match,
                        size_t stride)
{
    for (int ascending = 0; ascending < 2; ascending++) {
        struct query query = query_of(world, pattern, match, ascending != 0);
        check_walk(world, &query, NULL);
        for (size_t i = 0; i < world->shadow.count; i += stride) {
            struct cursor cursor = cursor_at(&query, &world->shadow.jobs[i].job);
            check_walk(world, &query, &cursor);
        }
    }
}

static void check_patterns(struct world *world)
{
    check_walks(world, "needle", MATCH_ANYWHERE, 131);
    check_walks(world, "e", MATCH_ANYWHERE, 397);
    check_walks(world, "dle 00", MATCH_ANYWHERE, 397);
    check_walks(world, "Straße", MATCH_ANYWHERE, 397);
    check_walks(world, "no such", MATCH_ANYWHERE, 397);
    check_walks(world, "hay needle", MATCH_START, 397);
    check_walks(world, "z", MATCH_START, 397);
    check_walks(world, "1 0007", MATCH_END, 397);
    check_walks(world, "y", MATCH_END, 397);
}

static void check_all(struct world *world)
{
    check_patterns(world);
    world->typed = true;
    check_patterns(world);
    world->typed = false;
}

/* What lies outside of all ranges is indexed last, and so are the only ones of their first byte. */
static void walks_find_what_matches(void **state)
{
    struct world *world = world_by_hand(*state);

    create(world, "a hay", true, 500);
    create(world, "hay needle", true, 50);
    create(world, "m hay", true, 500);
    create(world, "m hay", false, 100);
    create(world, "z hay 1", true, 500);
    check_all(world);
    index_names(world, 800);
    check_all(world);
    index_names(world, EVERYTHING);
    check_all(world);
    create(world, "a needle", true, 5);
    create(world, "k straße", true, 5);
    create(world, "hay", false, 1);
    create(world, "zz needle", true, 5);
    check_all(world);
    index_names(world, 3);
    check_all(world);
    index_names(world, EVERYTHING);
    check_all(world);
    world_release(world);
}

static void expect_few_rows(struct world *world, const char *pattern, size_t matches)
{
    for (int ascending = 0; ascending < 2; ascending++) {
        struct query query = query_of(world, pattern, MATCH_ANYWHERE, ascending != 0);
        check_walk(world, &query, NULL);
        assert_int_equal(world->found_count, matches);
        if (world->rows > matches + ROWS_BESIDE)
            fail_msg("%s: %zu rows", pattern, world->rows);
    }
}

static void names_outside_of_the_ranges_are_not_read(void **state)
{
    struct world *world = world_by_hand(*state);

    create(world, "a hay", true, 1000);
    create(world, "b needle", true, 10);
    create(world, "c hay", true, 1000);
    create(world, "needle", true, 10);
    create(world, "z hay", true, 1000);
    index_names(world, EVERYTHING);
    expect_few_rows(world, "needle", 20);
    create(world, "k needle", true, 10);
    expect_few_rows(world, "needle", 30);
    world_release(world);
}

/* Many names have one gram or the other, but none is in the ranges of both. */
static void only_what_the_ranges_have_in_common_is_read(void **state)
{
    struct world *world = world_by_hand(*state);

    create(world, "a abc", true, 1000);
    create(world, "b abc", true, 1000);
    create(world, "b bcd", true, 1000);
    create(world, "c bcd", true, 1000);
    index_names(world, EVERYTHING);
    expect_few_rows(world, "abcd", 0);
    expect_few_rows(world, "xyz", 0);
    world_release(world);
}

/* Those of one name that does not match are passed over, also at the end of all. */
static void walks_end_behind_a_frequent_name(void **state)
{
    struct world *world = world_by_hand(*state);

    create(world, "m hay", false, 60);
    create(world, "n needle", false, 1);
    create(world, "o hay", false, 60);
    check_walks(world, "needle", MATCH_ANYWHERE, 1);
    world_release(world);
}

/* Keys that are cut off stand for all the names that begin so. */
static void long_names_are_in_their_ranges(void **state)
{
    struct world *world = world_by_hand(*state);
    char name[NAME_RANGE_KEY_MAX + 64];

    create(world, "a hay", true, 400);
    create(world, "z hay", true, 400);
    for (size_t len = NAME_RANGE_KEY_MAX - 12; len < NAME_RANGE_KEY_MAX + 12; len++) {
        memset(name, 'x', len);
        snprintf(name + len, sizeof(name) - len, "needle");
        create(world, arena_strdup(&world->fixture->arena, name), true, 2);
    }
    index_names(world, EVERYTHING);
    expect_few_rows(world, "needle", 48);
    check_walks(world, "needle", MATCH_ANYWHERE, 50);
    check_walks(world, "needle 0001", MATCH_END, 50);
    world_release(world);
}

/* A key may end within a character: of names that begin alike the order must stay the same. */
static void names_are_in_their_ranges_wherever_keys_are_cut(void **state)
{
    struct world *world = world_by_hand(*state);
    struct arena *arena = &world->fixture->arena;
    char name[NAME_RANGE_KEY_MAX];

    create(world, "a hay", true, 400);
    create(world, "z hay", true, 400);
    for (size_t len = NAME_RANGE_KEY_MAX - 6; len < NAME_RANGE_KEY_MAX; len++) {
        memset(name, 'b' + (int)(len % 8), len); /* each begins otherwise, so has its own range */
        name[len] = '\0';
        create(world, arena_printf(arena, "%sabc needle", name), true, 1);
        create(world, arena_printf(arena, "%s\U0001F600 needle", name), true, 1);
        create(world, arena_printf(arena, "%s\u00e9 needle", name), true, 1);
    }
    index_names(world, EVERYTHING);
    expect_few_rows(world, "needle", 18);
    check_walks(world, "needle", MATCH_ANYWHERE, 20);
    world_release(world);
}

static void wait_for_failure(int64_t failures)
{
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(30000000000);

    while (metric_get(METRIC_STORE_FAILURES) == failures) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("the indexer did not fail");
        usleep(1000);
    }
}

/*
 * It does not take ranges for stored that a rolled back transaction widened: those of the names in
 * front of the one that is refused.
 */
static void the_indexer_forgets_what_failed(void **state)
{
    struct world *world = world_new(*state);
    struct arena *arena = &world->fixture->arena;
    struct draft drafts[600];
    int64_t failures = metric_get(METRIC_STORE_FAILURES);

    assert_true(connection_run(world->writer,
                               "CREATE TRIGGER refuse BEFORE INSERT ON name_range WHEN new.first = "
                               "'needle' BEGIN SELECT RAISE(ABORT, 'refused'); END"));
    for (int i = 0; i < 600; i++)
        drafts[i] = draft_of(arena, i < 599 ? arena_printf(arena, "hay %03d", i) : "needle", "A");
    create_all(world, drafts, ARRAY_SIZE(drafts));
    wait_for_failure(failures);
    assert_true(connection_run(world->writer, "DROP TRIGGER refuse"));
    fixture_settle();
    expect_few_rows(world, "needle", 1);
    for (int i = 599 - 16; i < 599; i++)
        expect_few_rows(world, arena_printf(arena, "%03d", i), 1);
    world_release(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(walks_find_what_matches),
        STORE_TEST(names_outside_of_the_ranges_are_not_read),
        STORE_TEST(only_what_the_ranges_have_in_common_is_read),
        STORE_TEST(walks_end_behind_a_frequent_name),
        STORE_TEST(long_names_are_in_their_ranges),
        STORE_TEST(names_are_in_their_ranges_wherever_keys_are_cut),
        STORE_TEST(the_indexer_forgets_what_failed),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("walks in SQLite", tests, NULL, NULL);
}
