/* Listings on PostgreSQL: in every order from the index, of which a part is old, what must come. */
#include "data.h"
#include "random.h"

#include "base/mem.h"
#include "store/name_key.h"
#include "store/postgres/find/find.h"
#include "store/postgres/find/session.h"
#include "store/postgres/names/follow.h"
#include "store/postgres/names/marks.h"
#include "store/postgres/names/segment.h"
#include "store/postgres/row.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Some segments of several runs each, and jobs in none. */
#define JOBS (3 * NAME_SEGMENT_JOBS + 200)
#define AT_ONCE 1000

/* Changed after what the index has followed. */
#define DOUBTFUL 150

struct world {
    struct fixture *fixture;
    struct shadow shadow;
    struct pg_connection connection;
    struct random random;
};

/* Heads of all kinds; many are alike, and some are alike as far as names are ordered by keys. */
static struct draft make_draft(struct fixture *fixture, int i)
{
    static const char *const heads[] = {"import of", "Nightly", "export",
                                        "Zero",      "ärger",   "nightly"};
    const char *name = arena_printf(&fixture->arena, "%s %d", heads[i % 6], i % 7 == 0 ? i : i % 5);
    struct draft draft;

    if (i % 100 == 3) {
        char *text = arena_alloc(&fixture->arena, 1, NAME_KEY_MAX + 8);
        memset(text, 'n', NAME_KEY_MAX);
        snprintf(text + NAME_KEY_MAX - i / 100 % 3, 8, "%d", i / 300);
        name = text;
    }
    draft = draft_of(&fixture->arena, name, i % 3 == 0 ? "A" : i % 11 == 0 ? "B" : "C");
    draft.user = user_at(i % 5 == 0 ? 1 : 2);
    return draft;
}

static void create_all(struct world *world)
{
    struct fixture *fixture = world->fixture;
    struct draft drafts[AT_ONCE];
    struct job *jobs;

    for (int i = 0; i < JOBS; i += AT_ONCE) {
        int count = JOBS - i < AT_ONCE ? JOBS - i : AT_ONCE;
        for (int j = 0; j < count; j++)
            drafts[j] = make_draft(fixture, i + j);
        assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, (size_t)count, &jobs),
                         PROBLEM_NONE);
        for (int j = 0; j < count; j++)
            shadow_add(&world->shadow, &jobs[j]);
    }
}

/* The first number of the answer. */
static int64_t ask(struct world *world, const char *sql)
{
    const PGresult *result = pg_ask(&world->connection, sql, NULL);
    int64_t number;

    if (result == NULL)
        fail_msg("%s: %s", world->connection.err.text, sql);
    number = pg_rows(result) > 0 ? row_number(pg_first(result), 0, -1) : -1;
    pg_clear(&world->connection);
    return number;
}

static void wait_for_index(struct world *world)
{
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(60000000000);

    while (ask(world, "SELECT count(*) FROM job WHERE position <= (SELECT last FROM name_state)") !=
           JOBS - JOBS % NAME_SEGMENT_JOBS) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("the jobs are not indexed");
        usleep(10000);
    }
}

/* Mostly not long after the job was created, so that zones are apart; many are alike. */
static int64_t random_date(struct world *world, size_t job)
{
    uint64_t late = random_pick(&world->random, 12) == 0 ? 4000 : 40;

    return random_pick(&world->random, 5) == 0
               ? JOB_NO_TIME
               : (int64_t)(job + random_pick(&world->random, late)) / 3 * 3;
}

static void add_date(struct buf *sql, int64_t date)
{
    if (date == JOB_NO_TIME)
        buf_add_str(sql, ",NULL::int8");
    else
        buf_printf(sql, ",%lld::int8", (long long)date);
}

/* Gives a job another state and other dates, in the store as a row of VALUES. */
static void change_job(struct world *world, size_t index, int64_t change, struct buf *sql)
{
    struct job job = world->shadow.jobs[index].job;

    job.status = (enum job_status)random_pick(&world->random, STATUS_COUNT);
    job.started_on = random_date(world, index);
    job.ended_on = random_date(world, index);
    job.change = change;
    shadow_put(&world->shadow, index, &job);
    buf_printf(sql, "%s(%lld,%lld,%d", sql->len > 0 ? "," : "VALUES ", (long long)job.position,
               (long long)change, (int)job.status);
    add_date(sql, job.started_on);
    add_date(sql, job.ended_on);
    buf_add_char(sql, ')');
}

/* Of so many jobs, as a writer would whose daemon has no indexer. */
static void change_jobs(struct world *world, size_t count)
{
    int64_t change = ask(world, "SELECT change FROM writer");
    struct buf values = BUF(1 << 20), sql = BUF(1 << 20);
    size_t step = JOBS / count;

    for (size_t i = 0; i < count; i++)
        change_job(world, i * step + random_pick(&world->random, step), ++change, &values);
    buf_printf(&sql,
               "WITH v (position, change, status, started_on, ended_on) AS (%.*s), j AS (UPDATE "
               "job SET status = v.status, started_on = v.started_on, ended_on = v.ended_on FROM v "
               "WHERE job.position = v.position), w AS (UPDATE writer SET change = %lld) UPDATE "
               "job_change SET change = v.change FROM v WHERE job_change.position = v.position",
               (int)values.len, values.ptr, (long long)change);
    assert_false(buf_failed(&sql));
    ask(world, buf_span(&sql).ptr);
    buf_release(&values);
    buf_release(&sql);
}

static void follow(struct world *world)
{
    size_t count = 1;

    while (count > 0)
        assert_true(name_follow(&world->connection, &count));
}

static struct world begin(struct fixture *fixture)
{
    struct world world = {.fixture = fixture, .random = {7}};
    struct err err;

    shadow_init(&world.shadow);
    assert_int_equal(pg_connect(&world.connection, fixture->url, &err), PROBLEM_NONE);
    assert_int_equal(find_session(&world.connection, &err), PROBLEM_NONE);
    create_all(&world);
    wait_for_index(&world);
    change_jobs(&world, JOBS);
    follow(&world);
    return world;
}

static void end(struct world *world)
{
    pg_disconnect(&world->connection);
    shadow_release(&world->shadow);
}

static bool find_page(struct world *world, const struct query *query, const struct cursor *after,
                      struct cursor *ret_next)
{
    struct arena arena;
    struct store_find find = {.query = query, .after = after, .arena = &arena};
    const struct job **expected;
    enum problem problem;
    size_t count;

    arena_init(&arena, (size_t)1 << 26);
    expected = shadow_find(&world->shadow, query, after, &arena, &count);
    problem = pg_find_in(FIND_BY_LISTING, &world->connection, &find);
    if (problem != PROBLEM_NONE)
        fail_msg("problem %d: %s: %s", problem, find.call.err.text, query_text(&arena, query));
    shadow_check_rows(&find, expected, count, &arena);
    if (find.more)
        *ret_next = cursor_at(query, find.jobs[find.count - 1]);
    arena_release(&arena);
    return find.more;
}

/* One that was on a page, when it had another status perhaps; NULL where there is none. */
static const struct job *pick_place(struct world *world, const struct query *query)
{
    struct query any = *query;

    any.statuses = STATUS_MASK_ALL;
    for (int i = 0; i < 200; i++) {
        const struct shadow_job *job = &world->shadow.jobs[random_pick(&world->random, JOBS)];
        if (shadow_matches(&any, job))
            return &job->job;
    }
    return NULL;
}

/* The first pages, and some behind jobs anywhere. */
static void check_pages(struct world *world, const struct query *query)
{
    struct cursor cursor;
    bool more = find_page(world, query, NULL, &cursor);

    for (int i = 0; i < 2 && more; i++)
        more = find_page(world, query, &cursor, &cursor);
    for (int i = 0; i < 4; i++) {
        const struct job *job = pick_place(world, query);
        struct cursor anywhere;
        if (job == NULL)
            continue;
        anywhere = cursor_at(query, job);
        find_page(world, query, &anywhere, &cursor);
    }
}

static void narrow(struct world *world, struct query *query, int way)
{
    static const struct span types[] = {{"A", 1}, {"B", 1}};
    static const struct {
        const char *text;
        enum name_match match;
    } names[] = {{"ight", MATCH_ANYWHERE}, {"n", MATCH_START},    {"4", MATCH_END},
                 {"nn", MATCH_ANYWHERE},   {"r", MATCH_ANYWHERE}, {"Zero 3", MATCH_EXACT}};

    if (way % 2 == 1)
        query->statuses = 1u << STATUS_RUNNING | 1u << STATUS_FAILED_FAILURE |
                          1u << STATUS_COMPLETED_SUCCESS | 1u << STATUS_DELETED_ABORTED;
    if (way / 2 % 3 > 0) {
        query->types = types;
        query->type_count = (size_t)(way / 2 % 3);
    }
    query->has_user = way / 6 % 2 == 1;
    query->user = user_at(2);
    if (way / 12 > 0)
        query_by_name(&world->fixture->arena, query, names[way / 12 - 1].text,
                      names[way / 12 - 1].match);
}

#define NARROWINGS (12 * 7)

static void check_order(struct world *world, enum query_order order)
{
    for (int ascending = 0; ascending < (order == ORDER_CREATED ? 1 : 2); ascending++)
        for (int way = (int)order % 3; way < NARROWINGS; way += 3) {
            struct query query = query_all();
            query.order = order;
            query.ascending = ascending != 0;
            query.page_size = way % 5 == 0 ? 40 : 3;
            narrow(world, &query, way);
            check_pages(world, &query);
        }
}

static void check_orders(struct world *world)
{
    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++)
        check_order(world, (enum query_order)order);
}

static void listings_have_what_comes_first(void **state)
{
    struct world world = begin(*state);

    check_orders(&world);
    end(&world);
}

static void doubtful_jobs_may_be_anywhere(void **state)
{
    struct world world = begin(*state);

    change_jobs(&world, DOUBTFUL);
    assert_true(ask(&world, "SELECT count(*) FROM job_change WHERE change > (SELECT change FROM "
                            "name_state)") == DOUBTFUL);
    check_orders(&world);
    end(&world);
}

/* More than a search would read. */
static void what_is_far_behind_is_not_relied_on(void **state)
{
    struct world world = begin(*state);

    change_jobs(&world, JOBS);
    ask(&world, "INSERT INTO job_change SELECT -i, change + i, gen_random_uuid(), 0 FROM writer, "
                "generate_series(1, 5000) AS i");
    check_order(&world, ORDER_END_DATE);
    check_order(&world, ORDER_STATE);
    end(&world);
}

/* The changes of jobs that are created while the index is behind come before those of its own. */
static void what_is_not_indexed_hides_no_change(void **state)
{
    struct world world = begin(*state);

    ask(&world, "WITH w AS (UPDATE writer SET change = change + 5000 RETURNING change) INSERT INTO "
                "job_change SELECT 9223372036854775807 - i, change - i, gen_random_uuid(), 0 FROM "
                "w, generate_series(0, 4999) AS i");
    change_jobs(&world, DOUBTFUL);
    check_order(&world, ORDER_CREATED);
    check_order(&world, ORDER_END_DATE);
    check_order(&world, ORDER_STATE);
    end(&world);
}

/* As the rows say, each job is in one set of a status. */
static void what_is_followed_is_as_the_jobs_are(void **state)
{
    struct world world = begin(*state);
    int64_t indexed = JOBS - JOBS % NAME_SEGMENT_JOBS;

    change_jobs(&world, JOBS / 2);
    follow(&world);
    assert_int_equal(ask(&world, "SELECT sum(count) FROM job_set WHERE kind < 11"), indexed);
    assert_int_equal(
        ask(&world, "SELECT count(*) FROM job_set AS s WHERE count <> (SELECT count(*) FROM job "
                    "WHERE position <= (SELECT last FROM name_state) AND CASE s.kind WHEN 11 THEN "
                    "started_on IS NULL WHEN 12 THEN ended_on IS NULL ELSE status = s.kind END)"),
        0);
    assert_int_equal(ask(&world, "SELECT count(*) FROM job, date_zone AS z WHERE position <= "
                                 "(SELECT last FROM name_state) AND (z.kind = 0 AND (started_on < "
                                 "z.first OR started_on > z.last) OR z.kind = 1 AND (ended_on < "
                                 "z.first OR ended_on > z.last))"),
                     0);
    end(&world);
}

/* Jobs that go to and fro between two statuses, and with them, at once, what is indexed of them. */
struct moving {
    struct pg_connection connection;
    atomic_bool stop;
    atomic_int moved; /* times */
};

#define MOVING "type = 'B' AND status IN (0, 1)"

static bool tell(struct pg_connection *connection, const char *sql)
{
    bool good = pg_ask(connection, sql, NULL) != NULL;

    if (good)
        pg_clear(connection);
    return good;
}

static bool move_once(struct pg_connection *connection)
{
    size_t count;

    return tell(connection, "BEGIN") &&
           tell(connection,
                "WITH w AS (UPDATE writer SET change = change + 1000 RETURNING change), j AS "
                "(UPDATE job SET status = 1 - status WHERE " MOVING " RETURNING position) "
                "UPDATE job_change SET change = c.change FROM (SELECT j.position, w.change - "
                "row_number() OVER () AS change FROM w, j) AS c WHERE job_change.position = "
                "c.position") &&
           name_follow(connection, &count) && tell(connection, "COMMIT");
}

static void *move(void *argument)
{
    struct moving *moving = argument;

    while (!atomic_load(&moving->stop) && move_once(&moving->connection))
        atomic_fetch_add(&moving->moved, 1);
    return NULL;
}

/* State by state, out of sets that are read one by one. */
static size_t find_moving(struct world *world)
{
    static const struct span type = {"B", 1};
    struct arena arena;
    struct query query = query_all();
    struct store_find find = {.query = &query, .arena = &arena};
    size_t count;

    arena_init(&arena, (size_t)1 << 26);
    query.order = ORDER_STATE;
    query.statuses = 1u << STATUS_WAITING | 1u << STATUS_RUNNING;
    query.types = &type;
    query.type_count = 1;
    query.page_size = QUERY_PAGE_MAX;
    assert_int_equal(pg_find_in(FIND_BY_LISTING, &world->connection, &find), PROBLEM_NONE);
    count = find.count;
    arena_release(&arena);
    return count;
}

static void what_moves_is_not_missed(void **state)
{
    struct world world = begin(*state);
    struct moving moving = {0};
    pthread_t thread;
    struct err err;
    size_t expected;

    expected = (size_t)ask(&world, "SELECT count(*) FROM job WHERE " MOVING);
    assert_in_range(expected, 10, QUERY_PAGE_MAX);
    assert_int_equal(pg_connect(&moving.connection, world.fixture->url, &err), PROBLEM_NONE);
    assert_int_equal(pthread_create(&thread, NULL, move, &moving), 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(find_moving(&world), expected);
    atomic_store(&moving.stop, true);
    pthread_join(thread, NULL);
    assert_string_equal(moving.connection.err.text, "");
    assert_true(atomic_load(&moving.moved) > 10);
    pg_disconnect(&moving.connection);
    end(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(listings_have_what_comes_first),
        STORE_TEST(doubtful_jobs_may_be_anywhere),
        STORE_TEST(what_is_far_behind_is_not_relied_on),
        STORE_TEST(what_is_not_indexed_hides_no_change),
        STORE_TEST(what_is_followed_is_as_the_jobs_are),
        STORE_TEST(what_moves_is_not_missed),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
