/* What changes of jobs in SQLite's index: after steps in any order it is as of the watermark. */
#include "random.h"

#include "base/mem.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/index/date_zone.h"
#include "store/sqlite/index/follow.h"
#include "store/sqlite/index/job_set.h"
#include "store/sqlite/index/name_index.h"
#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/watermark.h"

#define JOBS 600
#define PIECE_MAX 40
#define ROUNDS 150

static struct random seed;

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer;
    struct random random;
};

static int64_t random_date(struct world *world)
{
    if (random_one_in(&world->random, 3))
        return JOB_NO_TIME;
    return START_MS + (int64_t)random_pick(&world->random, 100000);
}

static void bind_date(sqlite3_stmt *statement, int index, int64_t date)
{
    if (date != JOB_NO_TIME)
        sqlite3_bind_int64(statement, index, date);
}

/* Any status with any dates: the index knows no rules. */
static void change_job(struct world *world)
{
    sqlite3_stmt *update = sqlite_prepare_cached(
        world->writer, "UPDATE job SET status = ?1, started_on = ?2, ended_on = ?3, "
                       "change = (SELECT max(change) + 1 FROM job) WHERE position = "
                       "(SELECT position FROM job ORDER BY position LIMIT 1 OFFSET ?4)");

    sqlite3_bind_int(update, 1, (int)random_pick(&world->random, STATUS_COUNT));
    bind_date(update, 2, random_date(world));
    bind_date(update, 3, random_date(world));
    sqlite3_bind_int(update, 4, (int)random_pick(&world->random, JOBS));
    assert_int_equal(sqlite3_step(update), SQLITE_DONE);
    sqlite_rewind(update);
}

/* Some of everything; now and then all of it is taken back, as a failure would. */
static void step(struct world *world)
{
    struct name_index_progress names;
    struct follow_progress changes;

    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    for (unsigned i = random_pick(&world->random, PIECE_MAX); i > 0; i--)
        change_job(world);
    if (random_one_in(&world->random, 2))
        assert_true(name_index_step(world->writer, 1 + (int)random_pick(&world->random, PIECE_MAX),
                                    &names));
    if (!random_one_in(&world->random, 3))
        assert_true(
            follow_step(world->writer, 1 + (int)random_pick(&world->random, PIECE_MAX), &changes));
    if (random_one_in(&world->random, 10)) {
        assert_true(connection_run(world->writer, "ROLLBACK"));
        name_index_forget(world->writer);
    } else
        assert_true(connection_run(world->writer, "COMMIT"));
}

static int64_t watermark(struct world *world, enum watermark which)
{
    int64_t value;

    assert_int_equal(watermark_read(world->writer, which, &value, NULL), PROBLEM_NONE);
    return value;
}

static bool is_in(struct world *world, unsigned set, int64_t ordinal)
{
    roaring_bitmap_t *jobs;
    bool found;

    assert_int_equal(job_set_read(world->writer, set, mark_chunk(ordinal), &jobs, NULL),
                     PROBLEM_NONE);
    found = jobs != NULL && roaring_bitmap_contains(jobs, (uint32_t)ordinal);
    posting_free(jobs);
    return found;
}

static bool covers(struct date_bounds bounds, int64_t date)
{
    return bounds.first <= date && date <= bounds.last;
}

static void check_date(struct world *world, enum date_kind kind, int64_t ordinal, int64_t date)
{
    struct arena *arena = &world->fixture->arena;
    struct date_bounds blocks[DATE_BLOCKS];
    struct date_zones zones;

    if (date == JOB_NO_TIME)
        return;
    assert_int_equal(date_zones_read(world->writer, kind, arena, &zones, NULL), PROBLEM_NONE);
    assert_true(zones.count == 1 && zones.list[0].chunk == mark_chunk(ordinal));
    assert_true(covers(zones.list[0].bounds, date));
    assert_int_equal(date_blocks_read(world->writer, kind, mark_chunk(ordinal), blocks, NULL),
                     PROBLEM_NONE);
    assert_true(covers(blocks[ordinal % MARK_CHUNK / DATE_BLOCK], date));
}

static void check_mark(struct world *world, const struct mark *mark)
{
    for (unsigned set = 0; set < STATUS_COUNT; set++)
        assert_true(is_in(world, set, mark->ordinal) == (set == (unsigned)mark->status));
    assert_true(is_in(world, JOB_SET_NOT_STARTED, mark->ordinal) ==
                (mark->started_on == JOB_NO_TIME));
    assert_true(is_in(world, JOB_SET_NOT_ENDED, mark->ordinal) == (mark->ended_on == JOB_NO_TIME));
    check_date(world, DATE_STARTED, mark->ordinal, mark->started_on);
    check_date(world, DATE_ENDED, mark->ordinal, mark->ended_on);
}

/* Each indexed job that has not changed since. Returns how many there are. */
static int check(struct world *world)
{
    sqlite3_stmt *jobs = sqlite_prepare_cached(
        world->writer, "SELECT position, status, started_on, ended_on FROM job "
                       "WHERE position <= ?1 AND change <= ?2");
    struct ordinal_block block = {0};
    int count = 0;

    sqlite3_bind_int64(jobs, 1, watermark(world, WATERMARK_JOBS));
    sqlite3_bind_int64(jobs, 2, watermark(world, WATERMARK_CHANGES));
    for (; sqlite3_step(jobs) == SQLITE_ROW; count++) {
        int64_t ordinal;
        struct mark mark;
        assert_int_equal(
            ordinal_below(world->writer, &block, sqlite3_column_int64(jobs, 0), &ordinal, NULL),
            PROBLEM_NONE);
        mark = mark_of(jobs, 1, ordinal);
        check_mark(world, &mark);
    }
    sqlite_rewind(jobs);
    return count;
}

static void create_jobs(struct fixture *fixture)
{
    struct draft drafts[100];
    struct job *jobs;

    for (size_t i = 0; i < 100; i++)
        drafts[i] = draft_of(&fixture->arena, "A job", "TEST");
    for (size_t i = 0; i < JOBS; i += 100)
        assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, 100, &jobs), 0);
}

/* Opened without its own indexing, with all the jobs. */
static struct world begin(struct fixture *fixture)
{
    struct world world = {.fixture = fixture, .random = seed};
    struct err err;

    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    create_jobs(fixture);
    assert_true(
        connection_open(fixture->url + strlen("sqlite:"), CONNECTION_WRITES, &world.writer, &err));
    assert_true(connection_run(world.writer, "PRAGMA synchronous = OFF"));
    return world;
}

static void it_is_as_of_the_watermark(void **state)
{
    struct world world = begin(*state);
    struct name_index_progress names = {.behind = true};
    struct follow_progress changes = {.behind = true};

    for (int i = 0; i < ROUNDS; i++) {
        step(&world);
        check(&world);
    }
    while (names.behind)
        assert_true(name_index_step(world.writer, PIECE_MAX, &names));
    while (changes.behind)
        assert_true(follow_step(world.writer, PIECE_MAX, &changes));
    assert_int_equal(check(&world), JOBS);
    connection_close(world.writer);
}

static void check_bounds(struct world *world, enum date_kind kind, size_t chunk, int64_t first,
                         int64_t last)
{
    struct date_zones zones;

    assert_int_equal(date_zones_read(world->writer, kind, &world->fixture->arena, &zones, NULL),
                     PROBLEM_NONE);
    assert_int_equal(zones.count, 2);
    assert_int_equal(zones.list[chunk].chunk, chunk);
    assert_true(zones.list[chunk].bounds.first == first && zones.list[chunk].bounds.last == last);
}

/* A chunk is written by itself, and the least and the greatest date of it are known. */
static void marks_of_two_chunks_are_kept_apart(void **state)
{
    struct world world = begin(*state);
    struct mark marks[20];

    for (int i = 0; i < 20; i++)
        marks[i] = (struct mark){MARK_CHUNK - 10 + i, STATUS_RUNNING, START_MS - i,
                                 i < 3 ? JOB_NO_TIME : START_MS + i};
    assert_true(marks_put(world.writer, marks, 20));
    for (int i = 0; i < 20; i++) {
        assert_true(is_in(&world, STATUS_RUNNING, MARK_CHUNK - 10 + i));
        assert_true(is_in(&world, JOB_SET_NOT_ENDED, MARK_CHUNK - 10 + i) == (i < 3));
    }
    assert_false(is_in(&world, STATUS_RUNNING, MARK_CHUNK - 11));
    assert_false(is_in(&world, STATUS_RUNNING, MARK_CHUNK + 10));
    check_bounds(&world, DATE_STARTED, 0, START_MS - 9, START_MS);
    check_bounds(&world, DATE_STARTED, 1, START_MS - 19, START_MS - 10);
    check_bounds(&world, DATE_ENDED, 0, START_MS + 3, START_MS + 9);
    check_bounds(&world, DATE_ENDED, 1, START_MS + 10, START_MS + 19);
    connection_close(world.writer);
}

/* Behind the commit, while nobody writes. */
static void the_daemon_follows(void **state)
{
    struct fixture *fixture = *state;
    struct job_event start = {.kind = EVENT_START, .progress = JOB_NO_PROGRESS};
    struct world world = {.fixture = fixture};
    struct job job = must_create_named(fixture, "A job");
    struct err err;

    fixture_settle();
    assert_int_equal(job_report(fixture->store, &fixture->arena, &job.id, start, &job), 0);
    fixture_settle();
    assert_true(
        connection_open(fixture->url + strlen("sqlite:"), CONNECTION_WRITES, &world.writer, &err));
    assert_true(watermark(&world, WATERMARK_CHANGES) == job.change);
    assert_true(is_in(&world, STATUS_RUNNING, 0));
    assert_int_equal(check(&world), 1);
    connection_close(world.writer);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(it_is_as_of_the_watermark),
        STORE_TEST(marks_of_two_chunks_are_kept_apart),
        STORE_TEST(the_daemon_follows),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("what SQLite's index follows", tests, NULL, NULL);
}
