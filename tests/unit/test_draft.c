/* Tests of drafts: every field of a create request, its bounds, and the job it becomes. */
#include "model/draft.h"

#include "arena_test.h"

static enum problem read(struct span text, struct draft *ret_draft, struct err *err)
{
    AUTO(json_free_at) struct json_value *document = json_parse(text, err);
    assert_non_null(document);
    return draft_read(&arena, document, ret_draft, err);
}

static struct draft good(const char *text)
{
    struct draft draft;
    struct err err = {0};
    if (read(span_of(text), &draft, &err) != PROBLEM_NONE)
        fail_msg("%.200s: %s", text, err.text);
    return draft;
}

static void bad(const char *text, const char *sentence)
{
    struct draft draft = {.priority = 77};
    struct err err = {0};
    assert_int_equal(read(span_of(text), &draft, &err), PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, sentence);
    assert_int_equal(draft.priority, 77);
}

/* A request that is fine but for one more field. */
static const char *with(const char *field)
{
    return arena_printf(&arena, "{\"name\":\"n\",\"type\":\"T\",%s}", field);
}

static void least_request(void **test)
{
    static const struct uuid none = {{0}};
    struct draft draft = good("{\"name\":\"Große Datei\",\"type\":\"IMPORT\"}");
    (void)test;
    assert_span(draft.name, "Große Datei");
    assert_span(draft.name_folded, "grosse datei");
    assert_span(draft.type, "IMPORT");
    assert_int_equal(draft.message.len, 0);
    assert_int_equal(draft.payload.len, 0);
    assert_false(draft.self_managed);
    assert_false(draft.has_user);
    assert_true(uuid_eq(&draft.user, &none));
    assert_true(uuid_eq(&draft.created_by, &none));
    assert_int_equal(draft.run_after, JOB_NO_TIME);
    assert_int_equal(draft.priority, 0);
    assert_int_equal(draft.max_attempts, 1);
}

static void whole_request(void **test)
{
    struct draft draft = good("{\"maxAttempts\":100,\"priority\":-32768,"
                              "\"runAfter\":\"2026-11-23T18:21:05.123+01:00\","
                              "\"payload\":{ \"b\": [1, 2.5, null], \"a\": \"x\" },"
                              "\"user\":\"0190a0b0-0000-7000-8000-00000000000f\","
                              "\"selfManaged\":true,\"message\":\"one\\n\\ttwo\","
                              "\"type\":\"T\",\"name\":\"n\"}");
    struct uuid user;
    (void)test;
    assert_true(uuid_parse(span_of("0190a0b0-0000-7000-8000-00000000000f"), &user));
    assert_span(draft.message, "one\n\ttwo");
    assert_span(draft.payload, "{\"b\":[1,2.5,null],\"a\":\"x\"}");
    assert_true(draft.self_managed);
    assert_true(draft.has_user);
    assert_true(uuid_eq(&draft.user, &user));
    assert_int_equal(draft.run_after, 1795454465123);
    assert_int_equal(draft.priority, -32768);
    assert_int_equal(draft.max_attempts, 100);
}

static void null_is_absent(void **test)
{
    struct draft draft =
        good("{\"name\":\"n\",\"type\":\"T\",\"message\":null,\"selfManaged\":null,"
             "\"user\":null,\"payload\":null,\"runAfter\":null,"
             "\"priority\":null,\"maxAttempts\":null}");
    (void)test;
    assert_int_equal(draft.message.len, 0);
    assert_int_equal(draft.payload.len, 0);
    assert_false(draft.has_user);
    assert_int_equal(draft.run_after, JOB_NO_TIME);
    assert_int_equal(draft.max_attempts, 1);
    bad("{\"name\":null,\"type\":\"T\"}", "The field name is required.");
    bad("{\"name\":\"n\",\"type\":null}", "The field type is required.");
}

static void name_and_type_are_required(void **test)
{
    (void)test;
    bad("{}", "The field name is required.");
    bad("{\"type\":\"T\"}", "The field name is required.");
    bad("{\"name\":\"n\"}", "The field type is required.");
    bad("{\"name\":\"\",\"type\":\"T\"}", "The field name must have 1 to 2000 characters.");
    bad("{\"name\":\"n\",\"type\":\"\"}", "The field type must have 1 to 255 characters.");
}

static void texts_have_limits(void **test)
{
    static const struct {
        const char *format, *sentence;
        size_t max;
    } rows[] = {
        {"{\"type\":\"T\",\"name\":\"%s%s\"}", "The field name must have", JOB_NAME_MAX},
        {"{\"name\":\"n\",\"type\":\"%s%s\"}", "The field type must have", JOB_TYPE_MAX},
        {"{\"name\":\"n\",\"type\":\"T\",\"message\":\"%s%s\"}",
         "The field message must have at most 4000 characters.", JOB_MESSAGE_MAX},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_release) struct buf text = BUF(1 << 20);
        struct span most = repeat(&arena, "é", rows[i].max);
        const char *middle = strstr(rows[i].format, "%s%s");
        buf_add(&text, rows[i].format, (size_t)(middle - rows[i].format));
        buf_add_span(&text, most);
        size_t end = text.len;
        buf_add_str(&text, middle + 4);
        good(text.ptr);
        text.len = end;
        buf_add_char(&text, 'x');
        buf_add_str(&text, middle + 4);
        bad(text.ptr, rows[i].sentence);
    }
}

static void controls_are_refused(void **test)
{
    (void)test;
    bad("{\"name\":\"a\\nb\",\"type\":\"T\"}", "The field name must not hold control characters.");
    bad("{\"name\":\"n\",\"type\":\"\\t\"}", "The field type must not hold control characters.");
    bad(with("\"message\":\"a\\rb\""), "The field message must not hold control characters other");
    bad(with("\"message\":\"\\u0085\""), "The field message must not hold control characters");
}

static void wrong_kinds_are_named(void **test)
{
    (void)test;
    bad("{\"name\":1,\"type\":\"T\"}", "The field name must be");
    bad("{\"name\":\"n\",\"type\":[]}", "The field type must be");
    bad(with("\"message\":{}"), "The field message must be");
    bad(with("\"selfManaged\":\"yes\""), "The field selfManaged must be");
    bad(with("\"user\":\"me\""), "The field user must be");
    bad(with("\"runAfter\":\"tomorrow\""), "The field runAfter must be");
    bad(with("\"runAfter\":1795454465123"), "The field runAfter must be");
    bad(with("\"priority\":\"1\""), "The field priority must be");
    bad(with("\"priority\":1.5"), "The field priority must be");
    bad(with("\"maxAttempts\":true"), "The field maxAttempts must be");
}

static void numbers_have_limits(void **test)
{
    (void)test;
    assert_int_equal(good(with("\"priority\":32767")).priority, 32767);
    assert_int_equal(good(with("\"maxAttempts\":1")).max_attempts, 1);
    bad(with("\"priority\":32768"), "The field priority must be");
    bad(with("\"priority\":-32769"), "The field priority must be");
    bad(with("\"priority\":4294967296"), "The field priority must be");
    bad(with("\"maxAttempts\":0"), "The field maxAttempts must be");
    bad(with("\"maxAttempts\":101"), "The field maxAttempts must be");
    bad(with("\"maxAttempts\":-1"), "The field maxAttempts must be");
}

static void unknown_fields_are_errors(void **test)
{
    (void)test;
    bad(with("\"colour\":\"red\""), "colour");
    bad(with("\"Name\":\"n\""), "Name");
    bad(with("\"state\":\"RUNNING\""), "state");
    bad("[]", "object");
    bad("[{\"name\":\"n\",\"type\":\"T\"}]", "object");
}

static void payload_is_any_json_within_a_limit(void **test)
{
    static const char *const values[] = {"0", "false", "\"\"", "[]", "{}", "\"x\""};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        struct draft draft = good(with(arena_printf(&arena, "\"payload\":%s", values[i])));
        assert_span(draft.payload, values[i]);
    }
    struct span most = repeat(&arena, "x", DRAFT_PAYLOAD_MAX - 2);
    assert_int_equal(good(with(arena_printf(&arena, "\"payload\": \"%s\"", most.ptr))).payload.len,
                     DRAFT_PAYLOAD_MAX);
    bad(with(arena_printf(&arena, "\"payload\":\"%sx\"", most.ptr)),
        "The field payload must have at most 262144 bytes as compact JSON.");
}

static void without_memory_it_is_internal(void **test)
{
    AUTO(arena_release) struct arena none;
    AUTO(json_free_at)
    struct json_value *document = json_parse(span_of("{\"name\":\"n\",\"type\":\"T\"}"), NULL);
    struct draft draft;
    struct err err = {0};
    (void)test;
    arena_init(&none, 0);
    assert_int_equal(draft_read(&none, document, &draft, &err), PROBLEM_NO_MEMORY);
    assert_sentence(&err, "memory");
}

static void job_is_the_draft_at_a_position(void **test)
{
    struct draft draft = good("{\"name\":\"n\",\"type\":\"T\",\"message\":\"m\",\"priority\":3,"
                              "\"maxAttempts\":5,\"selfManaged\":true,"
                              "\"runAfter\":\"1970-01-01T00:00:01Z\"}");
    struct uuid id = {{3}};
    (void)test;
    draft.user.bytes[0] = 1;
    draft.created_by.bytes[0] = 2;
    struct job job = draft_job(&draft, position_at(1234) + 9, &id, 42);
    assert_int_equal(job.position, position_at(1234) + 9);
    assert_true(uuid_eq(&job.id, &id));
    assert_int_equal(job.change, 42);
    assert_int_equal(job.status, STATUS_WAITING);
    assert_true(job.self_managed);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_true(job.name.ptr == draft.name.ptr && job.name.len == draft.name.len);
    assert_true(job.type.ptr == draft.type.ptr && job.type.len == draft.type.len);
    assert_true(job.message.ptr == draft.message.ptr && job.message.len == draft.message.len);
    assert_true(uuid_eq(&job.user, &draft.user));
    assert_true(uuid_eq(&job.created_by, &draft.created_by));
    assert_true(uuid_eq(&job.modified_by, &draft.created_by));
    assert_int_equal(job_created_on(&job), 1234);
    assert_int_equal(job.modified_on, 1234);
    assert_int_equal(job.started_on, JOB_NO_TIME);
    assert_int_equal(job.ended_on, JOB_NO_TIME);
    assert_int_equal(job.run_after, 1000);
    assert_int_equal(job.priority, 3);
    assert_int_equal(job.attempt, 0);
    assert_int_equal(job.max_attempts, 5);
}

static void claim_is_read(void **test)
{
    struct draft draft = good(with("\"claim\":{\"workerId\":\"host é\"}"));
    (void)test;
    assert_true(draft.has_claim);
    assert_span(draft.claim_worker, "host é");
    assert_int_equal(draft.claim_lease_ms, 60000);
    draft = good(with("\"claim\":{\"workerId\":\"w\",\"leaseSeconds\":5}"));
    assert_int_equal(draft.claim_lease_ms, 5000);
    assert_false(good(with("\"claim\":null")).has_claim);
}

static void bad_claims_are_named(void **test)
{
    (void)test;
    bad(with("\"claim\":true"), "The field claim must be an object.");
    bad(with("\"claim\":[]"), "The field claim must be an object.");
    bad(with("\"claim\":{}"), "The field claim.workerId is required.");
    bad(with("\"claim\":{\"workerId\":\"\"}"),
        "The field claim.workerId must have 1 to 200 characters.");
    bad(with("\"claim\":{\"workerId\":\"w\",\"leaseSeconds\":4}"),
        "The field claim.leaseSeconds must be within 5..3600");
    bad(with("\"claim\":{\"workerId\":\"w\",\"max\":1}"), "claim: ");
    bad(with("\"claim\":{\"workerId\":\"w\"},\"runAfter\":\"2026-11-23T18:21:05Z\""),
        "The field runAfter does not go with the field claim.");
}

static void claimed_job_runs_from_the_start(void **test)
{
    struct draft draft = good(with("\"message\":\"m\",\"claim\":{\"workerId\":\"w\"}"));
    struct moment now = {.wall = 1300, .lease = 50};
    struct uuid id = {{3}};
    (void)test;
    draft.created_by.bytes[0] = 2;
    struct job job = draft_job(&draft, position_at(1234) + 9, &id, 42);
    assert_int_equal(job.status, STATUS_RUNNING);
    assert_int_equal(job.attempt, 1);
    assert_int_equal(job.started_on, 1234);
    assert_int_equal(job.modified_on, 1234);
    assert_true(uuid_eq(&job.modified_by, &draft.created_by));
    assert_int_equal(job.change, 42);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_span(job.message, "m");
    struct lease lease = draft_lease(&draft, now);
    assert_int_equal(lease.fence, 1);
    assert_true(lease.held);
    assert_true(uuid_eq(&lease.account, &draft.created_by));
    assert_span(lease.worker, "w");
    assert_int_equal(lease.expires_at, 60050);
    assert_int_equal(lease.beat_on, 1300);
    draft.has_claim = false;
    assert_int_equal(draft_lease(&draft, now).fence, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(least_request),
        TEST(whole_request),
        TEST(null_is_absent),
        TEST(name_and_type_are_required),
        TEST(texts_have_limits),
        TEST(controls_are_refused),
        TEST(wrong_kinds_are_named),
        TEST(numbers_have_limits),
        TEST(unknown_fields_are_errors),
        TEST(payload_is_any_json_within_a_limit),
        TEST(without_memory_it_is_internal),
        TEST(job_is_the_draft_at_a_position),
        TEST(claim_is_read),
        TEST(bad_claims_are_named),
        TEST(claimed_job_runs_from_the_start),
    };
    return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
