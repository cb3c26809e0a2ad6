/* What PostgreSQL does in its own way: segments of names, cut keys, budgets that end. */
#include "data.h"
#include "shadow_walks.h"

#include "store/name_key.h"
#include "store/postgres/names/segment.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two segments that were merged, one that was not, and some jobs in none. */
#define JOBS ((2 * NAME_SEGMENT_WIDTH + 1) * NAME_SEGMENT_JOBS + 9)
#define SEGMENTS 3
#define AT_ONCE 1000

/*
 * Names of which most are alike, few are rare, and some end or begin with what others have inside.
 * One in nine is no. 7, which is too many to be read one by one; nearly all of them are of type B.
 */
static struct draft make_draft(struct fixture *fixture, int i)
{
    const char *name = arena_printf(&fixture->arena, "Nightly import %d", i % 9);
    struct draft draft;

    if (i % 211 == 3)
        name = arena_printf(&fixture->arena, "Straße %d", i);
    if (i % 307 == 5)
        name = "of the Rare 100%_\\";
    draft = draft_of(&fixture->arena, name, i % 3 == 0 || i % 900 == 7 || i > JOBS - 9 ? "A" : "B");
    draft.user = user_at(i % 400 == 7 ? 2 : 1);
    return draft;
}

static void create_all(struct fixture *fixture, struct shadow *shadow)
{
    struct draft drafts[AT_ONCE];
    struct job *jobs;

    for (int i = 0; i < JOBS; i += AT_ONCE) {
        int count = JOBS - i < AT_ONCE ? JOBS - i : AT_ONCE;
        for (int j = 0; j < count; j++)
            drafts[j] = make_draft(fixture, i + j);
        assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, (size_t)count, &jobs),
                         PROBLEM_NONE);
        for (int j = 0; j < count; j++)
            shadow_add(shadow, &jobs[j]);
    }
}

static int ask(const struct fixture *fixture, const char *sql)
{
    PGconn *conn = PQconnectdb(fixture->url);
    PGresult *result = PQexec(conn, sql);
    int count;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    count = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return count;
}

/* Until all full segments are there and merged. */
static void wait_for_segments(const struct fixture *fixture)
{
    static const char indexed[] = "SELECT count(*) FROM job WHERE position <= (SELECT max(last) "
                                  "FROM name_segment)";
    static const char segments[] = "SELECT count(*) FROM name_segment";
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(60000000000);

    while (ask(fixture, indexed) != JOBS - JOBS % NAME_SEGMENT_JOBS ||
           ask(fixture, segments) != SEGMENTS) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("%d jobs in %d segments", ask(fixture, indexed), ask(fixture, segments));
        usleep(10000);
    }
}

static void check_patterns(struct fixture *fixture, const struct shadow *shadow, struct query query)
{
    static const char *const patterns[] = {"ß",    "%",   "zz",         "rare", "import 7",
                                           "of t", "100", "strasse",    "%_\\", "absent one",
                                           "e 80", "0%_", "Straße 214", "x"};

    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
        for (int match = MATCH_START; match <= MATCH_EXACT; match++) {
            query_by_name(&fixture->arena, &query, patterns[i], (enum name_match)match);
            shadow_check_walk(shadow, fixture, query, QUERY_PAGE_MAX);
        }
}

static void query_by_type(struct query *query)
{
    static const struct span type = {"A", 1};

    query->types = &type;
    query->type_count = 1;
}

/* More jobs than the first budget, so that the index is asked. */
static void the_index_finds_what_walking_does_not(void **state)
{
    struct fixture *fixture = *state;
    struct query query = query_all();
    struct shadow shadow;

    shadow_init(&shadow);
    create_all(fixture, &shadow);
    wait_for_segments(fixture);
    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++) {
        query = query_all();
        query.order = (enum query_order)order;
        query_by_type(&query);
        check_patterns(fixture, &shadow, query);
        query.has_user = true;
        query.user = user_at(2);
        check_patterns(fixture, &shadow, query);
    }
    query = query_all();
    query.ascending = true;
    query.order = ORDER_NAME;
    query_by_type(&query);
    check_patterns(fixture, &shadow, query);
    query = query_all();
    check_patterns(fixture, &shadow, query);
    shadow_release(&shadow);
}

/* Another daemon makes the segments that one before it left, and no job is in two. */
static void segments_are_made_once(void **state)
{
    struct fixture *fixture = *state;
    struct shadow shadow;
    struct store *others[2];

    shadow_init(&shadow);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        others[i] = fixture_open(fixture, true);
    create_all(fixture, &shadow);
    wait_for_segments(fixture);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        store_close(others[i]);
    fixture_reopen(fixture);
    wait_for_segments(fixture);
    assert_int_equal(ask(fixture, "SELECT count(DISTINCT segment) FROM name_posting"), SEGMENTS);
    assert_int_equal(ask(fixture, "SELECT count(*) FROM name_segment AS a JOIN name_segment AS b "
                                  "ON a.first < b.first AND a.last >= b.first"),
                     0);
    shadow_release(&shadow);
}

/* Names that differ behind NAME_KEY_MAX, some with a job that has just their key for a name. */
static void long_names_keep_their_order(void **state)
{
    static const char *const ends[] = {"", "b", "a", "ba", "", "a"};
    struct fixture *fixture = *state;
    struct query query = query_all();
    struct shadow shadow;
    char name[NAME_KEY_MAX + 8];

    shadow_init(&shadow);
    memset(name, 'x', NAME_KEY_MAX);
    for (size_t i = 0; i < 4 * ARRAY_SIZE(ends); i++) {
        struct draft draft;
        struct job job;
        snprintf(name + NAME_KEY_MAX - i % 2, 8, "%s", ends[i % ARRAY_SIZE(ends)]);
        draft = draft_of(&fixture->arena, i % 5 == 0 ? "short" : name, "A");
        job = must_create(fixture, &draft);
        shadow_add(&shadow, &job);
    }
    query.order = ORDER_NAME;
    for (int ascending = 0; ascending < 2; ascending++)
        for (size_t size = 1; size < 8; size += 3) {
            query.ascending = ascending != 0;
            shadow_check_walk(&shadow, fixture, query, size);
            query_by_name(&fixture->arena, &query, "xa", MATCH_END);
            shadow_check_walk(&shadow, fixture, query, size);
            query.has_name = false;
        }
    shadow_release(&shadow);
}

static void expect_behind(const char *prefix, const char *behind)
{
    char text[64];
    struct span end;

    assert_true(name_successor(span_of(prefix), text, &end));
    assert_int_equal(end.len, strlen(behind));
    assert_memory_equal(end.ptr, behind, end.len);
}

static void what_is_behind_a_prefix(void **state)
{
    char text[64];
    struct span end;

    (void)state;
    expect_behind("ab", "ac");
    expect_behind("a\x7f", "a\xc2\x80");
    expect_behind("\xdf\xbf", "\xe0\xa0\x80");
    expect_behind("a\xed\x9f\xbf", "a\xee\x80\x80"); /* no surrogates */
    expect_behind("\xef\xbf\xbf", "\xf0\x90\x80\x80");
    expect_behind("a\xf4\x8f\xbf\xbf", "b");
    assert_false(name_successor(span_of("\xf4\x8f\xbf\xbf"), text, &end));
    assert_false(name_successor(span_of(""), text, &end));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_index_finds_what_walking_does_not),
        STORE_TEST(segments_are_made_once),
        STORE_TEST(long_names_keep_their_order),
        cmocka_unit_test(what_is_behind_a_prefix),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
