/* The name index of SQLite: grown in any pieces, it has each job once, with all its grams. */
#include "random.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/text.h"
#include "store/name_grams.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/index/name_index.h"
#include "store/sqlite/index/name_merge.h"
#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/posting.h"
#include "store/sqlite/index/segment.h"

#define JOBS 3000
#define NAME_POINTS 12
#define NAME_SIZE (3 * NAME_POINTS + 1)
#define PIECE_MAX 60
/* What is not worth a merge on each of some levels, and some more. */
#define SEGMENTS_MAX 40

static struct random seed;

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer;
    struct random random;
    struct arena arena; /* of one check */
    int64_t positions[JOBS];
    char names[JOBS][NAME_SIZE];
};

static void open_writer(struct world *world)
{
    struct err err;

    assert_true(connection_open(world->fixture->url + strlen("sqlite:"), CONNECTION_WRITES,
                                &world->writer, &err));
    assert_true(connection_run(world->writer, "PRAGMA synchronous = OFF"));
}

/* Few letters, one of them of three bytes, so that grams are common; now and then a digit. */
static void random_name(struct world *world, char *name)
{
    static const char *const letters[] = {"a", "b", "c", "\u20ac"};
    unsigned points = 1 + random_pick(&world->random, NAME_POINTS);
    size_t len = 0;

    for (; points > 0; points--) {
        char digit[2] = {(char)('0' + random_pick(&world->random, 10)), '\0'};
        bool is_digit = random_pick(&world->random, 8) == 0;
        const char *letter = letters[random_pick(&world->random, ARRAY_SIZE(letters))];
        len += (size_t)snprintf(name + len, NAME_SIZE - len, "%s", is_digit ? digit : letter);
    }
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
static void check_segments(struct world *world, int64_t indexed, struct segments *ret_live)
{
    int64_t end = indexed;

    assert_int_equal(
        segments_read(world->writer, 1U << SEGMENT_LIVE, &world->arena, ret_live, NULL),
        PROBLEM_NONE);
    for (size_t i = 0; i < ret_live->count; i++) {
        end -= ret_live->list[i].count;
        assert_true(ret_live->list[i].first == end);
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

/* One to three code points out of a name. */
static struct span some_points(struct world *world, struct span name)
{
    struct span rest = name, end;

    for (unsigned skip = random_pick(&world->random, NAME_POINTS); skip > 0; skip--)
        if (text_step(rest) < rest.len)
            rest = span_skip(rest, text_step(rest));
    end = rest;
    for (unsigned i = 0; i <= random_pick(&world->random, NAME_INDEX_GRAM) && end.len > 0; i++)
        end = span_skip(end, text_step(end));
    return (struct span){rest.ptr, rest.len - end.len};
}

/* A gram is posted for a job if, and only if, its name has it. */
static void check_gram(struct world *world, const struct segment *live, size_t count,
                       int64_t indexed)
{
    int64_t ordinal = random_pick(&world->random, (size_t)indexed);
    const char *of = world->names[random_pick(&world->random, (size_t)indexed)];
    struct span text = some_points(world, span_of(of));
    struct query query = {.match = MATCH_ANYWHERE, .name_folded = text};
    int64_t grams[NAME_GRAMS_ASKED];
    bool has = memmem(world->names[ordinal], strlen(world->names[ordinal]), text.ptr, text.len);

    assert_int_equal(name_grams_ask(&query, NAME_INDEX_GRAM, grams), 1);
    assert_int_equal(is_posted(world, live, count, ordinal, (uint32_t)grams[0]), has);
}

/* All jobs have the type, the person and the name that each was made with. */
static void check_words(struct world *world, const struct segment *live, size_t count,
                        int64_t indexed)
{
    int64_t ordinal = random_pick(&world->random, (size_t)indexed), whole;

    assert_true(name_grams_ask_word(NAME_WORD_WHOLE, span_of(world->names[ordinal]), &whole));
    assert_true(is_posted(world, live, count, ordinal, posting_name(whole)));
    assert_true(is_posted(world, live, count, ordinal, posting_type(1)));
    assert_true(is_posted(world, live, count, ordinal, posting_person(1)));
    assert_false(is_posted(world, live, count, ordinal, posting_type(2)));
    assert_false(is_posted(world, live, count, ordinal, posting_person(2)));
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
    struct segments live;

    check_segments(world, indexed, &live);
    for (int i = 0; i < 20; i++) {
        check_gram(world, live.list, live.count, indexed);
        check_words(world, live.list, live.count, indexed);
        check_ordinals(world, indexed);
    }
    arena_clear(&world->arena);
}

/* A step, or a little merging alone; now and then all of it is taken back, as a failure would. */
static void step(struct world *world)
{
    bool good = random_pick(&world->random, 10) > 0, more;
    struct name_index_progress progress;

    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    if (random_pick(&world->random, 2) > 0)
        assert_true(
            name_merge_step(world->writer, 1 + (int)random_pick(&world->random, 40), &more));
    else
        assert_true(name_index_step(world->writer, 1 + (int)random_pick(&world->random, PIECE_MAX),
                                    &progress));
    assert_true(connection_run(world->writer, good ? "COMMIT" : "ROLLBACK"));
}

static int64_t indexed_now(struct world *world)
{
    int64_t count;

    assert_int_equal(ordinal_count(world->writer, &count, NULL), PROBLEM_NONE);
    return count;
}

static int64_t number(struct world *world, const char *sql)
{
    int64_t found = -1;

    assert_true(connection_number(world->writer, sql, &found));
    return found;
}

static void merge_the_rest(struct world *world)
{
    struct name_index_progress progress = {.behind = true};

    while (progress.behind || progress.merging)
        assert_true(name_index_step(world->writer, PIECE_MAX, &progress));
    assert_int_equal(progress.done, 0);
}

/* Opened without its own indexing, with all the jobs. */
static struct world *begin(struct fixture *fixture)
{
    struct world *world = mem_need(mem_alloc(1, sizeof(*world)));

    world->fixture = fixture;
    world->random = seed;
    arena_init(&world->arena, 1 << 20);
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    create_jobs(world);
    open_writer(world);
    return world;
}

static void end(struct world *world)
{
    connection_close(world->writer);
    arena_release(&world->arena);
    mem_free(world);
}

static void it_knows_each_job_once_and_all_of_its_grams(void **state)
{
    struct world *world = begin(*state);

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
    assert_int_equal(number(world, "SELECT count(*) FROM name_posting WHERE key >> 32 <> 0 AND "
                                   "key >> 32 NOT IN (SELECT id FROM name_segment)"),
                     0);
    end(world);
}

/* As under load, where nobody ever comes to rest. */
static void segments_do_not_pile_up(void **state)
{
    struct world *world = begin(*state);
    struct name_index_progress progress;

    while (indexed_now(world) < JOBS) {
        assert_true(name_index_step(world->writer, 4, &progress));
        assert_in_range(number(world, "SELECT count(*) FROM name_segment WHERE state = 0"), 1,
                        SEGMENTS_MAX);
    }
    check(world, JOBS);
    end(world);
}

/* So that no step takes much longer than others. */
static void long_names_are_left_to_the_next_step(void **state)
{
    struct world *world = begin(*state);
    struct fixture *fixture = world->fixture;
    struct name_index_progress progress;
    char name[1001];

    merge_the_rest(world);
    for (int i = 0; i < 5; i++) {
        for (size_t j = 0; j < sizeof(name) - 1; j++)
            name[j] = (char)('a' + random_pick(&world->random, 26));
        name[sizeof(name) - 1] = '\0';
        must_create_named(fixture, arena_strdup(&fixture->arena, name));
    }
    for (int i = 0; i < 5; i++) {
        assert_true(name_index_step(world->writer, 10, &progress));
        assert_int_equal(progress.done, 1);
        assert_true(progress.behind);
    }
    assert_true(name_index_step(world->writer, 10, &progress));
    assert_int_equal(progress.done, 0);
    assert_false(progress.behind);
    end(world);
}

static int64_t segment_of(struct world *world, int from, int to, uint32_t first_gram, int grams)
{
    AUTO(buf_release) struct buf room = BUF(POSTING_MAX);
    struct segment segment = {.first = from, .count = to - from, .state = SEGMENT_LIVE};

    assert_true(segment_add(world->writer, &segment));
    for (int i = 0; i < grams; i++) {
        roaring_bitmap_t *jobs = roaring_bitmap_from_range((uint64_t)from, (uint64_t)to, 1);
        assert_true(posting_write(world->writer, posting_key(segment.id, first_gram + (uint32_t)i),
                                  jobs, &room));
        posting_free(jobs);
    }
    return segment.id;
}

/* Seven large segments whose jobs have one name, and one that has a thousand grams of its own. */
static void a_step_stays_small_whatever_the_grams_are(void **state)
{
    struct world *world = begin(*state);
    bool more = true;
    int64_t before = 0, after;

    for (int i = 0; i < 7; i++)
        segment_of(world, i * 10, i * 10 + 10, 7, 1);
    segment_of(world, 70, 80, 1000, 1000);
    while (more) {
        assert_true(name_merge_step(world->writer, 64, &more));
        after = number(world, "SELECT count(*) FROM name_posting WHERE key >> 32 = 9");
        assert_true(after - before <= 64 + 8);
        before = after;
    }
    assert_int_equal(number(world, "SELECT count(*) FROM name_segment"), 1);
    assert_int_equal(number(world, "SELECT count(*) FROM name_posting"), 1001);
    end(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(it_knows_each_job_once_and_all_of_its_grams),
        STORE_TEST(segments_do_not_pile_up),
        STORE_TEST(long_names_are_left_to_the_next_step),
        STORE_TEST(a_step_stays_small_whatever_the_grams_are),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("name index of SQLite", tests, NULL, NULL);
}
