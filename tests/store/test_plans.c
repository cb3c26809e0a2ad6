/* The plans of SQLite: no statement sorts, or scans where an index could seek. */
#include "data.h"
#include "leases.h"

#include "base/mem.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/find/shapes.h"
#include "store/sqlite/index/name_index.h"
#include "store/sqlite/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 2000

struct plans {
    struct fixture *fixture;
    struct sqlite_reader *reader;
    struct arena arena; /* of one query */
    char *texts[TEXTS_MAX]; /* each statement that was run, once */
    size_t count;
};

static int note_statement(unsigned event, void *context, void *statement, void *text)
{
    struct plans *plans = context;
    const char *sql = sqlite3_sql(statement);

    (void)event;
    if (strncmp(text, "--", 2) == 0)
        return 0;
    for (size_t i = 0; i < plans->count; i++) {
        if (strcmp(plans->texts[i], sql) == 0)
            return 0;
    }
    assert_true(plans->count < TEXTS_MAX);
    plans->texts[plans->count++] = mem_need(mem_strdup(sql));
    return 0;
}

static struct store_find ask(struct plans *plans, const struct query *query,
                             const struct cursor *after)
{
    struct store_find find = {.query = query, .after = after, .arena = &plans->arena};

    assert_int_equal(sqlite_find(NULL, plans->reader, &find), PROBLEM_NONE);
    return find;
}

/* The first two pages. */
static void ask_pages(struct plans *plans, const struct query *query)
{
    struct store_find find = ask(plans, query, NULL);
    struct cursor cursor;

    if (find.more) {
        cursor = cursor_at(query, find.jobs[find.count - 1]);
        ask(plans, query, &cursor);
    }
    arena_clear(&plans->arena);
}

static void ask_orders(struct plans *plans, struct query query)
{
    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++) {
        query.order = (enum query_order)order;
        int directions = order == ORDER_CREATED ? 1 : 2;
        for (int ascending = 0; ascending < directions; ascending++) {
            query.ascending = ascending != 0;
            query.page_size = 3;
            ask_pages(plans, &query);
        }
    }
}

static void ask_names(struct plans *plans, const struct query *query)
{
    static const char *const names[] = {"import", "a", "nothing like it"};

    ask_orders(plans, *query);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (int match = MATCH_START; match <= MATCH_EXACT; match++) {
            struct query named = *query;
            query_by_name(&plans->fixture->arena, &named, names[i], (enum name_match)match);
            ask_orders(plans, named);
        }
    }
}

/* Each number of statuses and of types, so that each number of streams comes. */
static void ask_everything(struct plans *plans)
{
    for (unsigned statuses = 0; statuses <= STATUS_COUNT; statuses++) {
        for (unsigned bits = 0; bits < 32; bits = bits * 2 + 1) {
            for (int user = 0; user < 2; user++) {
                struct query query = query_all();
                query.statuses = statuses == 0 ? STATUS_MASK_ALL : (1u << statuses) - 1;
                query.has_user = user != 0;
                query.user = user_at(1);
                query_by_types(&plans->fixture->arena, &query, bits);
                ask_names(plans, &query);
            }
        }
    }
}

/* What may be read from its beginning, for a limit ends it soon. */
static bool may_scan(const char *detail)
{
    return strcmp(detail, "SCAN name_segment USING INDEX name_segment_first") == 0 ||
           strcmp(detail, "SCAN name_bucket") == 0 || strncmp(detail, "SCAN (subquery-", 15) == 0 ||
           strcmp(detail, "SCAN busy") == 0 ||
           strcmp(detail, "SCAN job USING COVERING INDEX job_name") == 0 ||
           strcmp(detail, "SCAN lease USING COVERING INDEX lease_due") == 0 ||
           strcmp(detail, "SCAN session USING COVERING INDEX session_expiry") == 0 ||
           strcmp(detail, "SCAN type USING COVERING INDEX sqlite_autoindex_type_1") == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Down to the position, so that each row it leads to is one of the page. */
static bool is_exact_stream(const char *detail)
{
    return ends_with(detail, " AND position>? AND position<?)") ||
           ends_with(detail, " AND rowid>? AND rowid<?)") ||
           ends_with(detail, " USING INDEX job_change (change>?)");
}

/* The rows of a window are few: of no more buckets than there are steps, or a few times as many. */
static bool may_sort(const char *sql)
{
    return strstr(sql, " FROM ended WHERE bucket_ms = ?1 AND at >= ?2 AND at < ?3") != NULL;
}

/* Rows of jobs are only read by their position, or by streams that need no test of the row. */
static bool is_good(const char *detail, const char *sql)
{
    if (strstr(detail, "TEMP B-TREE") != NULL)
        return may_sort(sql);
    if (strncmp(detail, "SCAN", 4) == 0)
        return may_scan(detail);
    return strncmp(detail, "SEARCH job USING INDEX", 22) != 0 || is_exact_stream(detail);
}

static void check_plan(struct plans *plans, const char *sql)
{
    char *explain = arena_printf(&plans->arena, "EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_prepare_v2(plans->reader->db, explain, -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, 3);
        if (!is_good(detail, sql))
            fail_msg("%s: %s", detail, sql);
    }
    sqlite3_finalize(statement);
    arena_clear(&plans->arena);
}

static void forget_texts(struct plans *plans)
{
    while (plans->count > 0)
        mem_free(plans->texts[--plans->count]);
}

/* Of all that was run, which is forgotten then. */
static void check_plans(struct plans *plans)
{
    for (size_t i = 0; i < plans->count; i++)
        check_plan(plans, plans->texts[i]);
    forget_texts(plans);
}

static void ask_changes(struct plans *plans)
{
    struct store_changes changes = {.after = 1, .limit = 3, .arena = &plans->arena};

    assert_int_equal(sqlite_changes(plans->reader, &changes), PROBLEM_NONE);
    assert_int_equal(changes.count, 3);
    arena_clear(&plans->arena);
}

/* What the race asks of the largest stream once it has read some hundred rows of it. */
static void check_oldest(struct plans *plans)
{
    struct shape shape = SHAPE();

    for (int index = SHAPE_STATUS; index <= SHAPE_PERSON_TYPE; index++) {
        struct shape_streams streams = {.index = (enum shape_index)index};
        shape_oldest(&shape, &streams, &(struct shape_stream){.type = 1});
        check_plan(plans, shape.sql.ptr);
    }
    shape_release(&shape);
}

static void index_half(struct fixture *fixture)
{
    struct sqlite_reader *writer;
    struct err err;
    struct name_index_progress progress;

    assert_true(
        connection_open(fixture->url + strlen("sqlite:"), CONNECTION_WRITES, &writer, &err));
    assert_true(connection_run(writer, "BEGIN IMMEDIATE"));
    assert_true(name_index_step(writer, (int)data_name_count, &progress));
    assert_true(connection_run(writer, "COMMIT"));
    connection_close(writer);
}

static void no_statement_sorts_or_scans(void **state)
{
    struct plans plans = {.fixture = *state};
    struct shadow shadow;
    struct err err;

    shadow_init(&shadow);
    arena_init(&plans.arena, 1 << 24);
    data_fill(plans.fixture, &shadow);
    index_half(plans.fixture);
    assert_true(connection_open(plans.fixture->url + strlen("sqlite:"), CONNECTION_READS,
                                &plans.reader, &err));
    sqlite3_trace_v2(plans.reader->db, SQLITE_TRACE_STMT, note_statement, &plans);
    ask_everything(&plans);
    ask_changes(&plans);
    sqlite3_trace_v2(plans.reader->db, 0, NULL, NULL);
    assert_true(plans.count > 60);
    check_plans(&plans);
    check_oldest(&plans);
    connection_close(plans.reader);
    arena_release(&plans.arena);
    shadow_release(&shadow);
}

static void claim_and_reap(struct fixture *fixture)
{
    struct span types[] = {span_of("A"), span_of("B")};
    struct claim claim = {types, 2, worker_of(LEASE_MS), .max = 2};
    struct draft draft = draft_of(&fixture->arena, "job", "A");

    claim.request_id = span_of("request");
    must_create(fixture, &draft);
    draft.type = span_of("B");
    draft.max_attempts = 2;
    must_create(fixture, &draft);
    assert_int_equal(must_claim(fixture, &claim).count, 2);
    assert_int_equal(must_claim(fixture, &claim).count, 2);
    must_reap(fixture, 10);
    fixture_pass(fixture, LEASE_MS);
    assert_int_equal(must_reap(fixture, 10).expired, 2);
    fixture_pass(fixture, 10000);
    assert_int_equal(must_reap(fixture, 10).readied, 1);
}

/* Whether the statement, as SQLite compiled it, writes into this table or index. */
static bool writes(struct plans *plans, const char *sql, const char *name)
{
    struct sqlite_reader *reader = plans->reader;
    char *explain = arena_printf(&plans->arena, "EXPLAIN %s", sql);
    sqlite3_stmt *statement;
    int64_t root;
    bool found = false;

    assert_true(connection_number(
        reader,
        arena_printf(&plans->arena, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", name),
        &root));
    assert_true(root > 0);
    assert_int_equal(sqlite3_prepare_v2(reader->db, explain, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        found =
            found || (strcmp((const char *)sqlite3_column_text(statement, 1), "OpenWrite") == 0 &&
                      sqlite3_column_int64(statement, 3) == root);
    sqlite3_finalize(statement);
    return found;
}

/* How many of the statements that change a lease write into this index. */
static size_t lease_updates(struct plans *plans, const char *index)
{
    size_t count = 0;

    for (size_t i = 0; i < plans->count; i++)
        count += strncmp(plans->texts[i], "UPDATE lease", 12) == 0 &&
                 writes(plans, plans->texts[i], index);
    return count;
}

/* The indexes of `job` and of names that one of the statements so far writes into, then forgotten.
 */
static const char *job_indexes_written(struct plans *plans)
{
    static const char *const names[] = {
        "job_status", "job_type",  "job_person",  "job_person_type", "job_started",  "job_ended",
        "job_name",   "job_ready", "job_delayed", "job_change",      "name_posting", "name_range"};
    const char *list = "";

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        bool written = false;
        for (size_t j = 0; j < plans->count && !written; j++)
            written = writes(plans, plans->texts[j], names[i]);
        if (written)
            list = arena_printf(&plans->fixture->arena, "%s%s ", list, names[i]);
    }
    forget_texts(plans);
    return list;
}

static bool was_run(const struct plans *plans, const char *part)
{
    for (size_t i = 0; i < plans->count; i++) {
        if (strstr(plans->texts[i], part) != NULL)
            return true;
    }
    return false;
}

/* A store that does nothing in the background, so that nobody else runs the writer's statements. */
static void claims_and_reapers_seek(void **state)
{
    struct plans plans = {.fixture = *state};
    struct store *daemon = plans.fixture->store;
    struct store *store = fixture_open(plans.fixture, false);

    arena_init(&plans.arena, 1 << 24);
    plans.reader = sqlite_store_of(store)->writer.connection;
    plans.fixture->store = store;
    sqlite3_trace_v2(plans.reader->db, SQLITE_TRACE_STMT, note_statement, &plans);
    claim_and_reap(plans.fixture);
    sqlite3_trace_v2(plans.reader->db, 0, NULL, NULL);
    plans.fixture->store = daemon;
    assert_true(was_run(&plans, "job_ready") && was_run(&plans, "job_delayed") &&
                was_run(&plans, "lease_due") && was_run(&plans, "DELETE FROM claim_request") &&
                was_run(&plans, "DELETE FROM ended"));
    check_plans(&plans);
    store_close(store);
    arena_release(&plans.arena);
}

/* In a store that does nothing in the background: the id of a held job. What the writer runs is
 * noted from its beat on. */
static struct uuid note_from_a_beat(struct plans *plans)
{
    struct fixture *fixture = plans->fixture;
    struct grant grant;

    fixture->store = fixture_open(fixture, false);
    arena_init(&plans->arena, 1 << 24);
    plans->reader = sqlite_store_of(fixture->store)->writer.connection;
    grant = must_grant(fixture, 1);
    sqlite3_trace_v2(plans->reader->db, SQLITE_TRACE_STMT, note_statement, plans);
    fixture_pass(fixture, 1000);
    lease_beat(fixture, &grant.job.id, 1, 0);
    return grant.job.id;
}

static void close_noted(struct plans *plans, struct store *daemon)
{
    sqlite3_trace_v2(plans->reader->db, 0, NULL, NULL);
    forget_texts(plans);
    store_close(plans->fixture->store);
    plans->fixture->store = daemon;
    arena_release(&plans->arena);
}

static void a_beat_leaves_the_order_of_progress_alone(void **state)
{
    struct plans plans = {.fixture = *state};
    struct store *daemon = plans.fixture->store;
    struct job_event progress = {.kind = EVENT_PROGRESS, .progress = 50};
    struct uuid id = note_from_a_beat(&plans);

    assert_int_equal(lease_updates(&plans, "lease_due"), 1);
    assert_int_equal(lease_updates(&plans, "lease_progress"), 0);
    lease_report(plans.fixture, &id, 1, progress);
    assert_int_equal(lease_updates(&plans, "lease_progress"), 1);
    close_noted(&plans, daemon);
}

/* What a write costs in lists is what it opens for writing, as SQLite compiled its statements. */
static void only_what_changes_is_written_into_lists(void **state)
{
    struct plans plans = {.fixture = *state};
    struct store *daemon = plans.fixture->store;
    struct job_event progress = {.kind = EVENT_PROGRESS, .progress = 50};
    struct job_event end = {
        .kind = EVENT_END, .status = STATUS_COMPLETED_SUCCESS, .progress = JOB_NO_PROGRESS};
    struct uuid id = note_from_a_beat(&plans);

    assert_true(was_run(&plans, "UPDATE lease"));
    assert_string_equal(job_indexes_written(&plans), "");
    lease_report(plans.fixture, &id, 1, progress);
    assert_string_equal(job_indexes_written(&plans), "job_change ");
    lease_report(plans.fixture, &id, 1, end);
    assert_string_equal(job_indexes_written(&plans),
                        "job_status job_type job_person job_person_type job_started job_ended "
                        "job_ready job_delayed job_change ");
    close_noted(&plans, daemon);
}

static void look_over(struct fixture *fixture)
{
    struct store_summary summary = {.stalled_until = START_MS};
    struct store_statistics statistics = {.arena = &fixture->arena,
                                          .statistics.window = statistics_window(24, START_MS)};
    struct store_stalled stalled = {.until = START_MS, .limit = 10, .arena = &fixture->arena};

    STORE_WAIT(store_summary, fixture->store, &summary);
    assert_int_equal(summary.call.problem, PROBLEM_NONE);
    STORE_WAIT(store_statistics, fixture->store, &statistics);
    assert_int_equal(statistics.call.problem, PROBLEM_NONE);
    STORE_WAIT(store_stalled, fixture->store, &stalled);
    assert_int_equal(stalled.call.problem, PROBLEM_NONE);
}

static void the_overview_reads_indexes(void **state)
{
    struct plans plans = {.fixture = *state};
    struct sqlite_store *store = sqlite_store_of(plans.fixture->store);
    struct err err;

    arena_init(&plans.arena, 1 << 24);
    must_grant(plans.fixture, 1);
    /* The pool's only reader, which is the next one to be taken. */
    plans.reader = sqlite_reader_acquire(store, &err);
    sqlite3_trace_v2(plans.reader->db, SQLITE_TRACE_STMT, note_statement, &plans);
    sqlite_reader_release(store, plans.reader);
    look_over(plans.fixture);
    sqlite3_trace_v2(plans.reader->db, 0, NULL, NULL);
    assert_true(was_run(&plans, "job_status") && was_run(&plans, "lease_progress") &&
                was_run(&plans, "FROM ended"));
    check_plans(&plans);
    arena_release(&plans.arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(no_statement_sorts_or_scans),
        STORE_TEST(claims_and_reapers_seek),
        STORE_TEST(a_beat_leaves_the_order_of_progress_alone),
        STORE_TEST(only_what_changes_is_written_into_lists),
        STORE_TEST(the_overview_reads_indexes),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
