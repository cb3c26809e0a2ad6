/* The name index of SQLite: grown in any pieces, it has each job once, with all its grams. */
#include "random.h"

#include "base/mem.h"
#include "store/name_grams.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/name_index.h"
#include "store/sqlite/name_merge.h"
#include "store/sqlite/ordinal.h"
#include "store/sqlite/posting.h"
#include "store/sqlite/segment.h"

#define JOBS 3000
#define NAME_MAX 12
#define PIECE_MAX 60
/* Of 3,000 jobs, if each level has what is not worth a merge, and some more. */
#define SEGMENTS_MAX 40

static struct random seed;

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer;
    struct random random;
    struct arena arena; /* of one check */
    int64_t positions[JOBS];
    char names[JOBS][NAME_MAX + 1];
};

static void open_writer(struct world *world)
{
    struct err err;

    assert_true(connection_open(world->fixture->url + strlen("sqlite:"), CONNECTION_WRITES,
                                &world->writer, &err));
    assert_true(connection_run(world->writer, "PRAGMA synchronous = OFF"));
}

/* Few letters, so that grams are common; a digit now and then, so that some are not. */
static void random_name(struct world *world, char *name)
{
    size_t len = 1 + random_pick(&world->random, NAME_MAX);

    for (size_t i = 0; i < len; i++)
        name[i] = random_pick(&world->random, 8) > 0
                      ? "abc"[random_pick(&world->random, 3)]
                      : "0123456789"[random_pick(&world->random, 10)];
    name[len] = '\0';
}

static void create_jobs(struct world *world)
{
    struct fixture *fixture = world->fixture;

    for (size_t i = 0; i < JOBS; i += 100) {
        struct draft drafts[100];
        struct job *jobs;
        for (size_t j = 0; j < 100; j++) {
            random_name(world, world->names[i + j]);
            drafts[j] = draft_of(&fixture->arena, world->names[i + j], "TEST");
        }
        assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, 100, &jobs), 0);
        for (size_t j = 0; j < 100; j++)
            world->positions[i + j] = jobs[j].position;
        fixture_pass(fixture, 1);
    }
}

/* The live segments, in order, are all that is indexed, each once. */
static void check_segments(struct world *world, int64_t indexed, struct segment **ret_live,
                           size_t *ret_count)
{
    int64_t end = indexed;

    assert_int_equal(
        segments_read(world->writer, SEGMENT_LIVE, &world->arena, ret_live, ret_count, NULL),
        PROBLEM_NONE);
    for (size_t i = 0; i < *ret_count; i++) {
        end -= (*ret_live)[i].count;
        assert_true((*ret_live)[i].first == end);
    }
    assert_true(end == 0);
}

static bool is_posted(struct world *world, const struct segment *live, size_t count,
                      int64_t ordinal, uint32_t gram)
{
    roaring_bitmap_t *jobs;
    bool found;

    while (count > 1 && live->first > ordinal) {
        live++;
        count--;
    }
    assert_int_equal(posting_read(world->writer, live->id, gram, &jobs, NULL), PROBLEM_NONE);
    found = jobs != NULL && roaring_bitmap_contains(jobs, (uint32_t)ordinal);
    if (jobs != NULL)
        roaring_bitmap_free(jobs);
    return found;
}

/* A gram is posted for a job if, and only if, its name has it. */
static void check_gram(struct world *world, const struct segment *live, size_t count,
                       int64_t indexed)
{
    int64_t ordinal = random_pick(&world->random, (size_t)indexed);
    const char *of = world->names[random_pick(&world->random, (size_t)indexed)];
    size_t at = random_pick(&world->random, strlen(of)), len = strlen(of + at);
    struct span text = {of + at, len < NAME_INDEX_GRAM ? len : NAME_INDEX_GRAM};
    struct query query = {.match = MATCH_ANYWHERE, .name_folded = text};
    int64_t grams[NAME_GRAMS_ASKED];
    bool has = memmem(world->names[ordinal], strlen(world->names[ordinal]), text.ptr, text.len);

    assert_int_equal(name_grams_ask(&query, NAME_INDEX_GRAM, grams), 1);
    assert_int_equal(is_posted(world, live, count, ordinal, (uint32_t)grams[0]), has);
}

static void check_ordinals(struct world *world, int64_t indexed)
{
    struct ordinal_block block = {0};
    int64_t ordinal = random_pick(&world->random, (size_t)indexed), position, count, below;

    assert_int_equal(ordinal_count(world->writer, &count, NULL), PROBLEM_NONE);
    assert_true(count == indexed);
    assert_int_equal(ordinal_position(world->writer, &block, ordinal, &position, NULL),
                     PROBLEM_NONE);
    assert_true(position == world->positions[ordinal]);
    assert_int_equal(ordinal_below(world->writer, &block, position, &below, NULL), PROBLEM_NONE);
    assert_true(below == ordinal);
    assert_int_equal(ordinal_below(world->writer, &block, position + 1, &below, NULL),
                     PROBLEM_NONE);
    assert_true(below == ordinal + 1);
}

static void check(struct world *world, int64_t indexed)
{
    struct segment *live;
    size_t count;

    check_segments(world, indexed, &live, &count);
    for (int i = 0; i < 20; i++) {
        check_gram(world, live, count, indexed);
        check_ordinals(world, indexed);
    }
    arena_clear(&world->arena);
}

/* A step, or a little merging alone; now and then all of it is taken back, as a failure would. */
static int64_t step(struct world *world)
{
    bool good = random_pick(&world->random, 10) > 0, more;
    int done = 0;

    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    if (random_pick(&world->random, 2) > 0)
        assert_true(
            name_merge_step(world->writer, 1 + (int)random_pick(&world->random, 40), &more));
    else
        assert_true(
            name_index_step(world->writer, 1 + (int)random_pick(&world->random, PIECE_MAX), &done));
    assert_true(connection_run(world->writer, good ? "COMMIT" : "ROLLBACK"));
    return good ? done : 0;
}

static int64_t indexed_now(struct world *world)
{
    int64_t count;

    assert_int_equal(ordinal_count(world->writer, &count, NULL), PROBLEM_NONE);
    return count;
}

static void merge_the_rest(struct world *world)
{
    int done = PIECE_MAX;

    while (done == PIECE_MAX)
        assert_true(name_index_step(world->writer, PIECE_MAX, &done));
    assert_int_equal(done, 0);
}

static int64_t number(struct world *world, const char *sql)
{
    int64_t found = -1;

    assert_true(connection_number(world->writer, sql, &found));
    return found;
}

static void it_knows_each_job_once_and_all_of_its_grams(void **state)
{
    struct world *world = mem_need(mem_alloc(1, sizeof(*world)));

    world->fixture = *state;
    world->random = seed;
    arena_init(&world->arena, 1 << 20);
    store_close(TAKE(world->fixture->store));
    world->fixture->store = fixture_open(world->fixture, false); /* which indexes nothing itself */
    create_jobs(world);
    open_writer(world);
    while (indexed_now(world) < JOBS) {
        step(world);
        if (indexed_now(world) > 0)
            check(world, indexed_now(world));
        if (random_pick(&world->random, 20) == 0) { /* what goes on is in the tables alone */
            connection_close(world->writer);
            open_writer(world);
        }
    }
    merge_the_rest(world);
    check(world, JOBS);
    assert_in_range(number(world, "SELECT count(*) FROM name_segment"), 1, SEGMENTS_MAX);
    assert_int_equal(number(world, "SELECT count(*) FROM name_posting WHERE key >> 32 NOT IN "
                                   "(SELECT id FROM name_segment)"),
                     0);
    connection_close(world->writer);
    arena_release(&world->arena);
    mem_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(it_knows_each_job_once_and_all_of_its_grams),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("name index of SQLite", tests, NULL, NULL);
}
