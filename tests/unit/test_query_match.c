/* Tests of what passes a query's filters. */
#include "model/job.h"
#include "model/query.h"

#include "arena_test.h"
#include "base/text.h"

static const char OWNER[] = "0190a0b0-0000-7000-8000-000000000001";

static struct job job_of(const char *name, const char *type, enum job_status status)
{
    struct job job = {.name = span_of(name), .type = span_of(type), .status = status};
    assert_true(uuid_parse(span_of(OWNER), &job.user));
    job.created_by.bytes[0] = 99;
    return job;
}

static bool passes(const char *text, const struct job *job)
{
    struct query query;
    struct err err = {0};
    if (query_parse(&arena, span_of(text), &query, &err) != PROBLEM_NONE)
        fail_msg("%s", err.text);
    return query_matches(&query, job, text_fold(&arena, job->name));
}

static bool name_passes(const char *mode, const char *wanted, const char *name)
{
    struct job job = job_of(name, "T", STATUS_WAITING);
    return passes(arena_printf(&arena, "nameMatchMode=%s&name=%s", mode, wanted), &job);
}

static void without_filters_all_pass(void **test)
{
    (void)test;
    for (unsigned status = 0; status < STATUS_COUNT; status++) {
        struct job job = job_of("n", "T", status);
        assert_true(passes("", &job));
        assert_true(passes("sortField=NAME&pageSize=1", &job));
    }
}

static void names_match_by_mode(void **test)
{
    static const struct {
        const char *wanted, *name;
        bool start, end, anywhere, exact;
    } rows[] = {
        {"import", "import", true, true, true, true},
        {"import", "Import", true, true, true, false},
        {"IMPORT", "re-import 7", false, false, true, false},
        {"import", "import 7", true, false, true, false},
        {"7", "import 7", false, true, true, false},
        {"imports", "import", false, false, false, false},
        {"x", "import", false, false, false, false},
        {"%C3%A9", "ÉTÉ", true, true, true, false},
        {"ss", "Straße", false, false, true, false},
        {"STRASSE", "straße", true, true, true, false},
        {"%C3%9F", "MASS", false, true, true, false},
        /* A letter and its accent apart are the same text, but not the same code points. */
        {"e%CC%81", "é", true, true, true, false},
        {"%EF%AC%81le", "file", true, true, true, false},
        {"%C2%AD", "import", true, true, true, false},
        {"%C2%AD", "\xC2\xAD", true, true, true, true},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(name_passes("START", rows[i].wanted, rows[i].name), rows[i].start);
        assert_int_equal(name_passes("END", rows[i].wanted, rows[i].name), rows[i].end);
        assert_int_equal(name_passes("ANYWHERE", rows[i].wanted, rows[i].name), rows[i].anywhere);
        assert_int_equal(name_passes("EXACT", rows[i].wanted, rows[i].name), rows[i].exact);
    }
}

static void statuses_match_by_both(void **test)
{
    (void)test;
    for (unsigned status = 0; status < STATUS_COUNT; status++) {
        struct job job = job_of("n", "T", status);
        bool aborted = status_result(status) == RESULT_ABORTED;
        bool failed = status_state(status) == STATE_FAILED;
        assert_int_equal(passes("state=FAILED", &job), failed);
        assert_int_equal(passes("result=ABORTED", &job), aborted);
        assert_int_equal(passes("result=ABORTED&state=FAILED", &job), aborted && failed);
        assert_false(passes("result=NOT_SET&state=FAILED", &job));
    }
}

static void types_match_exactly(void **test)
{
    struct job job = job_of("n", "IMPORT", STATUS_WAITING);
    (void)test;
    assert_true(passes("type=IMPORT", &job));
    assert_true(passes("type=Z&type=IMPORT&type=A", &job));
    assert_false(passes("type=import", &job));
    assert_false(passes("type=IMPOR&type=IMPORTS", &job));
}

static void user_is_who_the_job_is_for(void **test)
{
    struct job job = job_of("n", "T", STATUS_WAITING);
    (void)test;
    assert_true(passes(arena_printf(&arena, "user=%s", OWNER), &job));
    assert_false(passes("user=63000000-0000-0000-0000-000000000000", &job));
}

static void filters_add_up(void **test)
{
    struct job job = job_of("Import", "T", STATUS_RUNNING);
    char *all = arena_printf(&arena, "name=import&type=T&state=RUNNING&user=%s", OWNER);
    (void)test;
    assert_true(passes(all, &job));
    job.status = STATUS_WAITING;
    assert_false(passes(all, &job));
    job.status = STATUS_RUNNING;
    job.type = span_of("U");
    assert_false(passes(all, &job));
    job.type = span_of("T");
    job.name = span_of("Export");
    assert_false(passes(all, &job));
    job.name = span_of("Import");
    job.user.bytes[15]++;
    assert_false(passes(all, &job));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_filters_all_pass),   TEST(names_match_by_mode),
        TEST(statuses_match_by_both),     TEST(types_match_exactly),
        TEST(user_is_who_the_job_is_for), TEST(filters_add_up),
    };
    return cmocka_run_group_tests_name("query_match", tests, NULL, NULL);
}
