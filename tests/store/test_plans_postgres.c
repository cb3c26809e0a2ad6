/* The plans of PostgreSQL: no find sorts, scans or filters what an index could seek. */
#include "data.h"

#include "base/mem.h"
#include "store/postgres/find/find.h"
#include "store/postgres/find/listing.h"
#include "store/postgres/find/session.h"
#include "store/postgres/find/sql.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The statements are planned as the store has them planned: without values, under the settings of
 * find_session, of which enable_seqscan = off is one. So a plan that scans or sorts is one for
 * which no index will do, and a few thousand rows are enough to find it.
 */
struct plans {
    struct fixture *fixture;
    struct pg_connection connection;
    struct arena arena; /* of one query */
    struct find_names names;
    bool many_streams;
    size_t count;
};

static void run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", PQerrorMessage(conn), sql);
    PQclear(result);
}

static void fill(PGconn *conn)
{
    run(conn, "INSERT INTO job SELECT i, gen_random_uuid(), i % 11, false, 0, 0, 1, "
              "nullif(i % 7, 0) * 1000 + i, nullif(i % 5, 0) * 1000 + i, NULL, "
              "lpad((i % 97)::text, 32, '0')::uuid, lpad('1', 32, '0')::uuid, 'TYPE_' || i % 30, "
              "'name ' || i % 1000, 'name ' || i % 1000 FROM generate_series(1, 20000) AS i");
    run(conn, "INSERT INTO job_change SELECT position, position, created_by, 0 FROM job");
    run(conn, "INSERT INTO job_name SELECT position, person, type, name_folded FROM job");
    run(conn,
        "INSERT INTO name_segment SELECT i, i + 999, 1, i / 125 FROM generate_series(1, 18001, "
        "1000) AS i");
    run(conn, "INSERT INTO name_posting SELECT first, i, '' FROM name_segment, "
              "generate_series(1, 1000) AS i");
    run(conn, "INSERT INTO name_place SELECT i, 128 * i + 1, array_agg(p ORDER BY p) FROM "
              "generate_series(0, 155) AS i, generate_series(128 * i + 1, 128 * i + 128) AS p "
              "GROUP BY i");
    run(conn, "INSERT INTO name_range SELECT i % 1000, i / 1000, 'name 1', 'name 2' FROM "
              "generate_series(1, 5000) AS i");
    run(conn, "VACUUM ANALYZE job, job_change, job_name, name_segment, name_posting, name_place, "
              "name_range");
}

/* A line of a plan. */
struct line {
    const char *text;
    size_t len;
};

static bool has(struct line line, const char *part)
{
    return memmem(line.text, line.len, part, strlen(part)) != NULL;
}

/* A page, its candidates, the ranges, or a page of each of very many streams. */
static bool may_sort(struct line key, bool many_streams)
{
    return has(key, "Key: x.rank") || has(key, "Key: (row_number() OVER (?))") ||
           has(key, "Key: c.") || has(key, "Key: c_1.") || has(key, "Key: (('{") ||
           has(key, "Key: ((SubPlan ") || has(key, ".head") ||
           (many_streams && has(key, ".\"position\" DESC"));
}

/* By its position one job is read, whatever is asked of it then. */
static bool is_by_position(struct line condition)
{
    return has(condition, "\"position\" = ");
}

struct reading {
    struct line condition; /* of the node at hand */
    bool many_streams; /* of the query */
    bool sorts, filters; /* it sorts; it may filter, for what it reads are candidates */
};

/* There are some dozens, however many jobs. */
static bool is_of_segments(struct line line)
{
    return has(line, ".name_segment");
}

/* A run is 384 jobs; those of the place's name that come before it are passed over. */
static bool is_of_runs(struct line line)
{
    return has(line, ".name_order");
}

static void read_node(struct reading *reading, struct line line)
{
    reading->filters = has(line, "Subquery Scan") || has(line, "CTE Scan") ||
                       has(line, "WorkTable Scan") || has(line, "Aggregate  (") ||
                       is_of_segments(line) || is_of_runs(line);
    reading->sorts = has(line, "Sort  (") && !has(line, "Incremental Sort");
    reading->condition = (struct line){"", 0};
}

static bool is_good(struct reading *reading, struct line line)
{
    if (has(line, "(cost="))
        read_node(reading, line);
    if (has(line, "Index Cond: "))
        reading->condition = line;
    if ((has(line, "Seq Scan on ") && !is_of_segments(line)) || has(line, "hashed SubPlan"))
        return false;
    if (has(line, "Sort Key: ") && reading->sorts && !may_sort(line, reading->many_streams))
        return false;
    return !has(line, " Filter: ") || has(line, "One-Time") || reading->filters ||
           is_by_position(reading->condition);
}

static void check_line(struct reading *reading, const PGresult *plan, int row, const char *sql)
{
    const char *text = PQgetvalue(plan, row, 0);

    if (is_good(reading, (struct line){text, strlen(text)}))
        return;
    for (int i = 0; i < PQntuples(plan); i++)
        fprintf(stderr, "%s\n", PQgetvalue(plan, i, 0));
    fail_msg("%s: %s", text, sql);
}

static void explain_prepared(struct plans *plans, const char *name, int params, const char *sql)
{
    struct reading reading = {.many_streams = plans->many_streams};
    struct buf execute = BUF(1 << 12);
    PGresult *plan;

    buf_printf(&execute, "EXPLAIN (VERBOSE) EXECUTE %s", name);
    for (int i = 0; i < params; i++)
        buf_add_str(&execute, i == 0 ? " (NULL" : ", NULL");
    buf_add_str(&execute, params > 0 ? ")" : "");
    buf_add_char(&execute, '\0');
    plan = PQexec(plans->connection.conn, execute.ptr);
    if (PQresultStatus(plan) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", PQresultErrorMessage(plan), sql);
    for (int row = 0; row < PQntuples(plan); row++)
        check_line(&reading, plan, row, sql);
    PQclear(plan);
    buf_release(&execute);
    plans->count++;
}

static void explain(struct plans *plans, const char *sql, const struct pg_params *params)
{
    PGconn *conn = plans->connection.conn;
    PGresult *prepared = PQprepare(conn, "p", sql, params->count, params->types);

    if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", PQerrorMessage(conn), sql);
    PQclear(prepared);
    explain_prepared(plans, "p", params->count, sql);
    run(conn, "DEALLOCATE p");
}

static void explain_way(struct plans *plans, const struct find_search *search,
                        const struct find_way *way)
{
    struct pg_params params = {0};
    struct buf sql = BUF(1 << 17);

    find_sql(search, way, 1000, &sql, &params);
    assert_false(buf_failed(&sql) || params.failed);
    explain(plans, sql.ptr, &params);
    buf_release(&sql);
}

/* What is listed, behind each of the bounds that the order may have. */
static void explain_listings(struct plans *plans, struct find_search search)
{
    static const enum find_bound bounds[][2] = {
        [ORDER_CREATED] = {BOUND_NONE, BOUND_NONE},
        [ORDER_NAME] = {BOUND_NAME, BOUND_NOWHERE},
        [ORDER_TYPE] = {BOUND_TYPE, BOUND_TYPE},
        [ORDER_START_DATE] = {BOUND_DATE, BOUND_ABSENT},
        [ORDER_END_DATE] = {BOUND_DATE, BOUND_ABSENT},
        [ORDER_STATE] = {BOUND_VALUE, BOUND_VALUE},
        [ORDER_RESULT] = {BOUND_VALUE, BOUND_VALUE},
    };
    const struct find_way way = {.source = FIND_LISTED, .all = true, .tested = true};
    int64_t ordinals[] = {7, 5, 3};
    struct find_listing listing = {.ordinals = ordinals,
                                   .count = ARRAY_SIZE(ordinals),
                                   .value = 2,
                                   .position = 5000,
                                   .last_ordinal = 3,
                                   .text = span_of("name 5")};

    search.listing = &listing;
    for (size_t i = 0; i < 2; i++) {
        listing.bound = bounds[search.query->order][i];
        explain_way(plans, &search, &way);
    }
    listing.whole = true;
    explain_way(plans, &search, &way);
}

/* The first page and one behind a place. */
static void explain_query(struct plans *plans, const struct query *query, int64_t value)
{
    struct find_place place = {span_of("TYPE_3"), {value, 5000}};
    struct find_search search = {query, NULL, &plans->arena, &plans->names, NULL};
    struct find_ways ways;

    find_ways(&search, &ways);
    for (int page = 0; page < 2; page++) {
        search.place = page == 0 ? NULL : &place;
        for (size_t i = 0; i < ways.count; i++)
            explain_way(plans, &search, &ways.list[i]);
        explain_listings(plans, search);
    }
    arena_clear(&plans->arena);
}

static void explain_orders(struct plans *plans, struct query query)
{
    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++) {
        query.order = (enum query_order)order;
        for (int ascending = 0; ascending < (order == ORDER_CREATED ? 1 : 2); ascending++) {
            query.ascending = ascending != 0;
            explain_query(plans, &query, 2);
        }
    }
}

static void explain_names(struct plans *plans, const struct query *query)
{
    explain_orders(plans, *query);
    for (int match = MATCH_START; match <= MATCH_EXACT; match++) {
        struct query named = *query;
        query_by_name(&plans->fixture->arena, &named, "name", (enum name_match)match);
        explain_orders(plans, named);
    }
}

static void explain_all(struct plans *plans)
{
    static const uint32_t masks[] = {STATUS_MASK_ALL, 1u << STATUS_RUNNING,
                                     1u << STATUS_COMPLETED_SUCCESS | 1u << STATUS_FAILED_FAILURE};
    static const unsigned types[] = {0, 1, 7};

    for (size_t i = 0; i < ARRAY_SIZE(masks) * ARRAY_SIZE(types) * 2; i++) {
        struct query query = query_all();
        query.page_size = 10;
        query.statuses = masks[i / 2 / ARRAY_SIZE(types)];
        query.has_user = i % 2 == 1;
        query.user = user_at(1);
        query_by_types(&plans->fixture->arena, &query, types[i / 2 % ARRAY_SIZE(types)]);
        explain_names(plans, &query);
    }
}

/* Behind the last job that has a date, and so many types that their streams are not merged. */
static void explain_rest(struct plans *plans)
{
    struct query query = query_all();
    struct span types[QUERY_TYPES_MAX];

    query.page_size = 10;
    query.order = ORDER_END_DATE;
    explain_query(plans, &query, JOB_NO_TIME);
    query.ascending = true;
    explain_query(plans, &query, JOB_NO_TIME);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        types[i] = span_of(arena_printf(&plans->fixture->arena, "TYPE_%zu", i));
    query.types = types;
    query.type_count = ARRAY_SIZE(types);
    plans->many_streams = true;
    explain_orders(plans, query);
}

static struct plans begin(struct fixture *fixture)
{
    struct plans plans = {.fixture = fixture, .names = {.watermark = 19000}};
    struct err err;

    arena_init(&plans.arena, 1 << 24);
    assert_int_equal(pg_connect(&plans.connection, fixture->url, &err), PROBLEM_NONE);
    assert_int_equal(find_session(&plans.connection, &err), PROBLEM_NONE);
    assert_int_equal(PQexitPipelineMode(plans.connection.conn), 1);
    fill(plans.connection.conn);
    return plans;
}

static void end(struct plans *plans)
{
    pg_disconnect(&plans->connection);
    arena_release(&plans->arena);
}

static void every_find_reads_indexes(void **state)
{
    struct plans plans = begin(*state);

    explain_all(&plans);
    explain_rest(&plans);
    assert_true(plans.count > 1000);
    end(&plans);
}

static void find(struct plans *plans, const struct query *query, const struct cursor *after)
{
    struct store_find find = {.query = query, .after = after, .arena = &plans->arena};

    if (pg_find_in(FIND_BY_LISTING, &plans->connection, &find) != PROBLEM_NONE)
        fail_msg("%s", find.call.err.text);
    arena_clear(&plans->arena);
}

/* A page in each order, with all that the index can be asked for. */
static void find_in_orders(struct plans *plans, struct query query)
{
    static const struct cursor after = {.position = 5000, .value = 2};

    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++)
        for (int ascending = 0; ascending < 2; ascending++) {
            query.order = (enum query_order)order;
            query.ascending = ascending != 0;
            find(plans, &query, NULL);
            find(plans, &query, &after);
        }
}

/* Those that the connection has, by their names there. */
static size_t explain_asked(struct plans *plans, const char *part)
{
    PGconn *conn = plans->connection.conn;
    PGresult *asked = PQexec(conn, "SELECT name, cardinality(parameter_types), statement FROM "
                                   "pg_prepared_statements WHERE statement ~ '^(SELECT|WITH)'");
    size_t count = 0;

    for (int i = 0; i < PQntuples(asked); i++) {
        const char *sql = PQgetvalue(asked, i, 2);
        if (strstr(sql, part) == NULL)
            continue;
        explain_prepared(plans, PQgetvalue(asked, i, 0),
                         (int)strtol(PQgetvalue(asked, i, 1), NULL, 10), sql);
        count++;
    }
    PQclear(asked);
    return count;
}

/* What a search asks of the index, as it was asked. */
static void what_is_asked_of_the_index_is_sought(void **state)
{
    static const char *const parts[] = {"FROM name_state", "FROM name_posting", "FROM job_set",
                                        "FROM date_zone",  "FROM name_range",   "FROM name_order"};
    struct plans plans = begin(*state);
    struct query query = query_all();

    run(plans.connection.conn, "UPDATE name_state SET last = 19000, block = 18, change = 19990");
    assert_int_equal(PQenterPipelineMode(plans.connection.conn), 1);
    query.page_size = 10;
    query.statuses = 1u << STATUS_RUNNING;
    query.has_user = true;
    query.user = user_at(1);
    query_by_types(&plans.fixture->arena, &query, 2);
    query_by_name(&plans.fixture->arena, &query, "name", MATCH_ANYWHERE);
    find_in_orders(&plans, query);
    query_by_name(&plans.fixture->arena, &query, "name", MATCH_START);
    find_in_orders(&plans, query);
    assert_int_equal(PQexitPipelineMode(plans.connection.conn), 1);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        assert_true(explain_asked(&plans, parts[i]) > 0);
    end(&plans);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {STORE_TEST(every_find_reads_indexes),
                                       STORE_TEST(what_is_asked_of_the_index_is_sought)};

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
