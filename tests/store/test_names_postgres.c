/* What the indexer of PostgreSQL copes with: long names, failures, rounds that are left, others. */
#include "data.h"
#include "shadow_walks.h"

#include "base/metrics.h"
#include "model/job.h"
#include "store/name_range.h"
#include "store/postgres/connection.h"
#include "store/postgres/names/piece.h"
#include "store/postgres/names/segment.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is asked and done beside the store. */
static PGresult *run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", PQerrorMessage(conn), sql);
    return result;
}

static int ask(PGconn *conn, const char *sql)
{
    PGresult *result = run(conn, sql);
    int count = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);

    PQclear(result);
    return count;
}

static void wait_for_segments(PGconn *conn, int segments)
{
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(120000000000);

    while (ask(conn, "SELECT count(*) FROM name_segment") != segments) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("there are no %d segments", segments);
        usleep(10000);
    }
}

static void create_some(struct fixture *fixture, struct draft (*make)(struct arena *arena, int i),
                        size_t count, struct shadow *shadow)
{
    struct draft drafts[NAME_SEGMENT_JOBS];
    struct job *jobs;

    for (size_t i = 0; i < count; i++)
        drafts[i] = make(&fixture->arena, (int)i);
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, count, &jobs),
                     PROBLEM_NONE);
    for (size_t i = 0; i < count && shadow != NULL; i++)
        shadow_add(shadow, &jobs[i]);
}

/* Makes the jobs of a segment, or of some where the names are long. */
static void create_all(struct fixture *fixture, struct draft (*make)(struct arena *arena, int i),
                       struct shadow *shadow)
{
    create_some(fixture, make, NAME_SEGMENT_JOBS, shadow);
}

/* Ideographs in no order, so that nearly no two grams are alike. */
static struct draft make_random(struct arena *arena, int i)
{
    char *name = arena_alloc(arena, 1, (size_t)3 * JOB_NAME_MAX + 1);
    uint32_t seed = (uint32_t)i * 7919 + 1;

    for (size_t at = 0; at < JOB_NAME_MAX; at++) {
        seed = seed * 1103515245 + 12345;
        name_put_point(0x4E00 + (seed >> 12) % 20000, name + 3 * at);
    }
    name[3 * JOB_NAME_MAX] = '\0';
    return draft_of(arena, name, "A");
}

static void names_of_any_kind_are_indexed(void **state)
{
    struct fixture *fixture = *state;
    PGconn *conn = PQconnectdb(fixture->url);

    create_all(fixture, make_random, NULL);
    wait_for_segments(conn, 1);
    assert_true(ask(conn, "SELECT count(*) FROM name_range") > 200000);
    PQfinish(conn);
}

static struct draft make_plain(struct arena *arena, int i)
{
    return draft_of(arena, arena_printf(arena, "name %d", i), "A");
}

static void the_indexer_goes_on_when_it_can(void **state)
{
    struct fixture *fixture = *state;
    PGconn *conn = PQconnectdb(fixture->url);
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(30000000000);
    int64_t failures = metric_get(METRIC_STORE_FAILURES);

    PQclear(run(conn, "ALTER TABLE name_segment RENAME TO away"));
    create_all(fixture, make_plain, NULL);
    while (metric_get(METRIC_STORE_FAILURES) == failures) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("the indexer did not fail");
        usleep(1000);
    }
    PQclear(run(conn, "ALTER TABLE away RENAME TO name_segment"));
    wait_for_segments(conn, 1);
    PQfinish(conn);
}

/* Names around the length of a range's key, some of which cannot be cut just there. */
static struct draft make_long(struct arena *arena, int i)
{
    static const char *const middles[] = {"", "\xf0\x9f\x98\x80", "abcd", "\xf4\x8f\xbf\xbf"};
    char name[NAME_RANGE_KEY_MAX + 64];
    size_t len = NAME_RANGE_KEY_MAX - 12 + (size_t)i / 4;

    if (len >= NAME_RANGE_KEY_MAX + 12)
        return draft_of(arena, arena_printf(arena, "%s %d", i % 2 ? "a hay" : "z hay", i), "B");
    memset(name, 'x', len);
    snprintf(name + len, sizeof(name) - len, "%sneedle %d", middles[i % 4], i % 3);
    return draft_of(arena, arena_strdup(arena, name), i % 5 == 0 ? "A" : "B");
}

static void cut_keys_bound_all_their_names(void **state)
{
    static const char *const parts[] = {"needle", "needle 1", "\xf0\x9f\x98\x80", "abcdneedle",
                                        "xx"};
    struct fixture *fixture = *state;
    PGconn *conn = PQconnectdb(fixture->url);
    struct query query = query_all();
    struct shadow shadow;

    shadow_init(&shadow);
    create_all(fixture, make_long, &shadow);
    wait_for_segments(conn, 1);
    assert_int_equal(ask(conn, "SELECT count(*) FROM name_range WHERE octet_length(first) > 64 OR "
                               "octet_length(last) > 68"),
                     0);
    query.order = ORDER_NAME;
    for (int ascending = 0; ascending < 2; ascending++)
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
            for (int match = MATCH_END; match <= MATCH_ANYWHERE; match++) {
                query.ascending = ascending != 0;
                query_by_name(&fixture->arena, &query, parts[i], (enum name_match)match);
                shadow_check_walk(&shadow, fixture, query, 7);
            }
    shadow_release(&shadow);
    PQfinish(conn);
}

/* What could not be sent as a whole is not done in part. */
static void a_round_that_cannot_be_sent_is_left(void **state)
{
    static const struct pg_params lacking = {.failed = true};
    struct fixture *fixture = *state;
    PGconn *conn = PQconnectdb(fixture->url);
    struct pg_connection connection;
    struct err err;

    PQclear(run(conn, "CREATE TABLE written (number INT)"));
    assert_int_equal(pg_connect(&connection, fixture->url, &err), PROBLEM_NONE);
    pg_send(&connection, "INSERT INTO written VALUES (1)", NULL);
    pg_send(&connection, "INSERT INTO written VALUES (2)", &lacking);
    assert_false(pg_round(&connection));
    assert_int_equal(connection.problem, PROBLEM_NO_MEMORY);
    assert_true(pg_is_broken(&connection));
    pg_disconnect(&connection);
    assert_int_equal(ask(conn, "SELECT count(*) FROM written"), 0);

    assert_int_equal(pg_connect(&connection, fixture->url, &err), PROBLEM_NONE);
    pg_send(&connection, "INSERT INTO written VALUES (3)", NULL);
    assert_true(pg_round(&connection));
    pg_disconnect(&connection);
    assert_int_equal(ask(conn, "SELECT sum(number) FROM written"), 3);
    PQfinish(conn);
}

/* None of whom has created enough by itself. */
static void daemons_fill_a_segment_together(void **state)
{
    struct fixture *fixture = *state, beside = *fixture;
    PGconn *conn = PQconnectdb(fixture->url);

    beside.store = fixture_open(fixture, true);
    arena_init(&beside.arena, (size_t)1 << 26);
    create_some(fixture, make_plain, NAME_SEGMENT_JOBS / 2, NULL);
    create_some(&beside, make_plain, NAME_SEGMENT_JOBS / 2, NULL);
    wait_for_segments(conn, 1);
    store_close(beside.store);
    arena_release(&beside.arena);
    PQfinish(conn);
}

/* An indexer beside the store's, which leaves alone what is short of a segment. */
struct other {
    struct pg_connection connection;
    struct name_piece piece;
    struct arena arena;
    pthread_t thread;
    bool merged;
};

static void begin_other(struct other *other, struct fixture *fixture)
{
    struct err err;

    *other = (struct other){0};
    arena_init(&other->arena, (size_t)1 << 26);
    assert_int_equal(pg_connect(&other->connection, fixture->url, &err), PROBLEM_NONE);
}

static void end_other(struct other *other)
{
    name_piece_release(&other->piece);
    arena_release(&other->arena);
    pg_disconnect(&other->connection);
}

static void take_piece(struct other *other, int64_t jobs)
{
    const PGresult *result = name_piece_ask(&other->connection, jobs);

    assert_non_null(result);
    assert_true(name_piece_take(&other->piece, result, &other->arena));
    assert_int_equal(other->piece.count, jobs);
    pg_clear(&other->connection);
}

static void write_piece(struct other *other)
{
    if (!name_piece_write(&other->piece, 0, &other->connection, &other->arena))
        fail_msg("%s", other->connection.err.text);
}

/* Each job has a place in the runs once, and each run a segment. */
static void check_orders(PGconn *conn, int jobs)
{
    assert_int_equal(ask(conn, "SELECT sum(octet_length(ordinals)) / 4 FROM name_order"), jobs);
    assert_int_equal(ask(conn, "SELECT count(*) FROM name_order WHERE segment NOT IN (SELECT first "
                               "FROM name_segment)"),
                     0);
}

static void a_piece_that_comes_second_is_left(void **state)
{
    struct fixture *fixture = *state;
    PGconn *conn = PQconnectdb(fixture->url);
    struct other others[2];

    create_some(fixture, make_plain, 500, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        begin_other(&others[i], fixture);
        take_piece(&others[i], 400);
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        write_piece(&others[i]);
        assert_int_equal(ask(conn, "SELECT block FROM name_state"), 1);
        assert_int_equal(ask(conn, "SELECT version FROM name_state"), 1);
        assert_int_equal(ask(conn, "SELECT sum(count) FROM job_set WHERE kind < 11"), 400);
        check_orders(conn, 400);
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        end_other(&others[i]);
    PQfinish(conn);
}

static void *merge(void *argument)
{
    struct other *other = argument;

    other->merged = name_segments_merge(&other->connection);
    return NULL;
}

#define LOCK "hashtextextended('jobd names ' || current_schema(), 0)"

static void wait_for_waiting(PGconn *conn, int count)
{
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(30000000000);

    while (ask(conn, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                     "AND (classid::int8 << 32 | objid::int8) = " LOCK) != count) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("no %d wait", count);
        usleep(1000);
    }
}

/* Both have chosen the same segments before one of them may write. */
static void a_merge_that_comes_second_is_left(void **state)
{
    struct fixture *fixture = *state;
    PGconn *conn = PQconnectdb(fixture->url);
    struct other others[2];

    create_some(fixture, make_plain, 800, NULL);
    for (int i = 0; i < NAME_SEGMENT_WIDTH; i++) {
        begin_other(&others[0], fixture);
        take_piece(&others[0], 100);
        write_piece(&others[0]);
        end_other(&others[0]);
    }
    PQclear(run(conn, "BEGIN"));
    PQclear(run(conn, "SELECT pg_advisory_xact_lock(" LOCK ")"));
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        begin_other(&others[i], fixture);
        assert_int_equal(pthread_create(&others[i].thread, NULL, merge, &others[i]), 0);
    }
    wait_for_waiting(conn, ARRAY_SIZE(others));
    PQclear(run(conn, "COMMIT"));
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        pthread_join(others[i].thread, NULL);
        assert_true(others[i].merged);
        end_other(&others[i]);
    }
    assert_int_equal(ask(conn, "SELECT count(*) FROM name_segment WHERE level = 1"), 1);
    assert_int_equal(ask(conn, "SELECT count(*) FROM name_segment"), 1);
    assert_int_equal(ask(conn, "SELECT count(DISTINCT segment) FROM name_posting"), 1);
    check_orders(conn, 800);
    PQfinish(conn);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(names_of_any_kind_are_indexed),
        STORE_TEST(the_indexer_goes_on_when_it_can),
        STORE_TEST(cut_keys_bound_all_their_names),
        STORE_TEST(a_round_that_cannot_be_sent_is_left),
        STORE_TEST(daemons_fill_a_segment_together),
        STORE_TEST(a_piece_that_comes_second_is_left),
        STORE_TEST(a_merge_that_comes_second_is_left),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
