/* Known ranges against what is stored, and what is stored against all names. */
#include "random.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/name_range.h"
#include "store/sqlite/connection.h"

#include <stdlib.h>
#include <string.h>

#define NAMES 4000

struct entry {
    int64_t place;
    struct span key;
};

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer; /* of the test itself */
    struct entry *entries; /* a place and a name */
    size_t count, room;
};

static struct random start;

static void add(struct world *world, struct span name)
{
    AUTO(name_grams_release) struct name_grams grams = {0};

    assert_true(name_grams_cut(&grams, name, NAME_RANGE_GRAM));
    name_grams_finish(&grams);
    assert_true(known_ranges_add(world->writer, name, &grams));
    for (size_t i = 0; i < grams.count; i++) {
        world->entries = mem_need(
            mem_grow(world->entries, &world->room, world->count + 1, sizeof(struct entry)));
        world->entries[world->count++] =
            (struct entry){name_range_place(name, grams.list[i]), known_range_key(name)};
    }
}

/* A few characters, so that places come again, and sometimes more than a key has. */
static struct span random_name(struct world *world)
{
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f",       "g", "h",
                                          "i", "j", "k", "l", "m", "n",       "o", "p",
                                          "q", "r", "s", "t", "u", "\xc3\xa9"};
    struct arena *arena = &world->fixture->arena;
    const char *name = random_pick(&start, 500) == 0 ? arena_printf(arena, "%01200d", 0) : "";

    for (unsigned len = random_pick(&start, 12); len > 0; len--)
        name = arena_printf(arena, "%s%s", name, letters[random_pick(&start, ARRAY_SIZE(letters))]);
    return span_of(name);
}

static int by_place(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return span_compare(left->key, right->key);
}

static void check_stored(struct world *world, int64_t place, struct span first, struct span last)
{
    sqlite3_stmt *row = sqlite_prepare_cached(
        world->writer,
        "SELECT first = ?3 AND last = ?4 FROM name_range WHERE gram = ?1 AND head = ?2");

    assert_non_null(row);
    sqlite3_bind_int(row, 1, (int32_t)(uint32_t)place);
    sqlite3_bind_int64(row, 2, place >> 32);
    sqlite_bind_span(row, 3, first);
    sqlite_bind_span(row, 4, last);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(row, 0), 1);
    sqlite_rewind(row);
}

static void check_all(struct world *world)
{
    int64_t ranges = 0, stored;
    size_t end;

    qsort(world->entries, world->count, sizeof(world->entries[0]), by_place);
    for (size_t i = 0; i < world->count; i = end, ranges++) {
        for (end = i + 1; end < world->count; end++)
            if (world->entries[end].place != world->entries[i].place)
                break;
        check_stored(world, world->entries[i].place, world->entries[i].key,
                     world->entries[end - 1].key);
    }
    assert_true(connection_number(world->writer, "SELECT count(*) FROM name_range", &stored));
    assert_int_equal(stored, ranges);
}

static size_t check_known(struct world *world)
{
    const struct known_ranges *known = &world->writer->ranges;
    size_t count = 0;

    for (size_t i = 0; i < known->room; i++) {
        const struct known_range *range = &known->list[i];
        if (range->first.ptr == NULL)
            continue;
        check_stored(world, range->place, range->first, range->last);
        count++;
    }
    assert_int_equal(count, known->count);
    return count;
}

static void open_world(struct world *world, struct fixture *fixture)
{
    struct err err;

    *world = (struct world){.fixture = fixture};
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    assert_true(
        connection_open(fixture->url + strlen("sqlite:"), CONNECTION_WRITES, &world->writer, &err));
    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
}

static void close_world(struct world *world)
{
    assert_true(connection_run(world->writer, "COMMIT"));
    connection_close(world->writer);
    mem_free(world->entries);
}

static void ranges_are_those_of_all_names(void **state)
{
    struct world world;

    open_world(&world, *state);
    for (int i = 0; i < NAMES; i++) {
        add(&world, random_name(&world));
        if (i % 500 == 0)
            known_ranges_release(&world.writer->ranges);
        else if (i % 100 == 0)
            check_known(&world);
    }
    check_all(&world);
    close_world(&world);
}

/* More than there is room for: it is forgotten, but the latest are known. */
static void what_is_known_is_bounded(void **state)
{
    struct world world;
    struct random letters = {1};
    bool filled = false;
    int names = 0;

    open_world(&world, *state);
    while (!filled || world.writer->ranges.count > KNOWN_RANGES_ROOM / 2) {
        char name[48];
        assert_true(names++ < NAMES);
        for (size_t i = 0; i < sizeof(name) - 1; i++)
            name[i] = (char)('!' + random_pick(&letters, 90));
        name[sizeof(name) - 1] = '\0';
        add(&world, span_of(arena_strdup(&world.fixture->arena, name)));
        assert_true(world.writer->ranges.room <= KNOWN_RANGES_ROOM);
        filled = filled || world.writer->ranges.count > KNOWN_RANGES_ROOM / 2;
    }
    assert_true(check_known(&world) > 100);
    check_all(&world);
    close_world(&world);
}

/* A name like others writes nothing. */
static void what_is_known_is_not_written(void **state)
{
    struct world world;
    int changes;

    open_world(&world, *state);
    add(&world, span_of("hay 1"));
    add(&world, span_of("hay 3"));
    changes = sqlite3_total_changes(world.writer->db);
    add(&world, span_of("hay 1"));
    add(&world, span_of("hay 3"));
    assert_int_equal(sqlite3_total_changes(world.writer->db), changes);
    known_ranges_release(&world.writer->ranges);
    add(&world, span_of("hay 1"));
    assert_int_equal(sqlite3_total_changes(world.writer->db), changes);
    add(&world, span_of("hay 2"));
    assert_true(sqlite3_total_changes(world.writer->db) > changes);
    check_all(&world);
    close_world(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(ranges_are_those_of_all_names),
        STORE_TEST(what_is_known_is_bounded),
        STORE_TEST(what_is_known_is_not_written),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("known ranges", tests, NULL, NULL);
}
