/* Tests of claims: every field of a request, its bounds, and the answer. */
#include "model/claim.h"

#include "arena_test.h"
#include "base/buf.h"
#include "model/type_list.h"

static struct claim good(const char *text)
{
    struct claim claim;
    struct err err = {0};
    if (claim_read(&arena, span_of(text), &claim, &err) != PROBLEM_NONE)
        fail_msg("%.200s: %s", text, err.text);
    return claim;
}

static void bad(const char *text, const char *sentence)
{
    struct claim claim = {.max = 77};
    struct err err = {0};
    assert_int_equal(claim_read(&arena, span_of(text), &claim, &err), PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, sentence);
    assert_int_equal(claim.max, 77);
}

/* A request that is fine but for one more field. */
static const char *with(const char *field)
{
    return arena_printf(&arena, "{\"types\":[\"T\"],\"workerId\":\"w\",%s}", field);
}

static void least_request(void **test)
{
    struct claim claim = good("{\"types\":[\"T\"],\"workerId\":\"w\"}");
    static const struct uuid none = {{0}};
    (void)test;
    assert_int_equal(claim.type_count, 1);
    assert_span(claim.types[0], "T");
    assert_span(claim.by.worker, "w");
    assert_true(uuid_eq(&claim.by.account, &none));
    assert_int_equal(claim.by.lease_ms, 60000);
    assert_int_equal(claim.max, 1);
    assert_int_equal(claim.wait_ms, 0);
    assert_int_equal(claim.request_id.len, 0);
}

static void whole_request(void **test)
{
    char body[] = "{\"requestId\":\"r~!1\",\"waitSeconds\":30,\"leaseSeconds\":3600,\"max\":100,"
                  "\"workerId\":\"Wörker\",\"types\":[\"b\",\"a\",\"b\",\"é\"]}";
    struct claim claim = good(body);
    size_t place;
    (void)test;
    memset(body, 'x', sizeof(body));
    assert_int_equal(claim.type_count, 3);
    assert_span(claim.types[0], "a");
    assert_span(claim.types[1], "b");
    assert_span(claim.types[2], "é");
    assert_true(type_list_find(claim.types, 3, (struct span)SPAN("b"), &place));
    assert_span(claim.by.worker, "Wörker");
    assert_int_equal(claim.by.lease_ms, 3600000);
    assert_int_equal(claim.max, 100);
    assert_int_equal(claim.wait_ms, 30000);
    assert_span(claim.request_id, "r~!1");
}

static void types_and_worker_are_required(void **test)
{
    (void)test;
    bad("{\"workerId\":\"w\"}", "The field types is required.");
    bad("{\"workerId\":\"w\",\"types\":null}", "The field types is required.");
    bad("{\"workerId\":\"w\",\"types\":[]}", "The field types must be a list of 1 to 100 types.");
    bad("{\"workerId\":\"w\",\"types\":\"T\"}", "The field types must be a list");
    bad("{\"workerId\":\"w\",\"types\":{\"a\":1}}", "The field types must be a list");
    bad("{\"workerId\":\"w\",\"types\":[\"T\",1]}", "The field types must hold strings only.");
    bad("{\"workerId\":\"w\",\"types\":[null]}", "The field types must hold strings only.");
    bad("{\"workerId\":\"w\",\"types\":[\"\"]}", "each type must have 1 to 255 characters.");
    bad("{\"workerId\":\"w\",\"types\":[\"a\\n\"]}", "each type must not hold control characters");
    bad("{\"types\":[\"T\"]}", "The field workerId is required.");
    bad("{\"types\":[\"T\"],\"workerId\":\"\"}",
        "The field workerId must have 1 to 200 characters.");
    bad("{\"types\":[\"T\"],\"workerId\":\"a\\tb\"}", "The field workerId must not hold control");
}

static void a_hundred_types_are_the_most(void **test)
{
    AUTO(buf_release) struct buf text = BUF(1 << 20);
    (void)test;
    buf_add_str(&text, "{\"workerId\":\"w\",\"types\":[\"first\"");
    for (int i = 1; i < CLAIM_TYPES_MAX; i++)
        buf_printf(&text, ",\"%d\"", i % 7);
    size_t end = text.len;
    buf_add_str(&text, "]}");
    assert_int_equal(good(text.ptr).type_count, 8);
    text.len = end;
    buf_add_str(&text, ",\"1\"]}");
    bad(text.ptr, "The field types must be a list of 1 to 100 types.");
}

static void values_have_limits(void **test)
{
    const char *most = repeat(&arena, "é", LEASE_WORKER_MAX).ptr;
    const char *id = repeat(&arena, "x", CLAIM_REQUEST_ID_MAX).ptr;
    (void)test;
    good(arena_printf(&arena, "{\"types\":[\"T\"],\"workerId\":\"%s\"}", most));
    bad(arena_printf(&arena, "{\"types\":[\"T\"],\"workerId\":\"%sx\"}", most), "workerId");
    good(with(arena_printf(&arena, "\"requestId\":\"%s\"", id)));
    bad(with(arena_printf(&arena, "\"requestId\":\"%sx\"", id)), "The field requestId must have");
    bad(with("\"requestId\":\"\""), "1 to 255 visible ASCII characters.");
    bad(with("\"requestId\":\"a b\""), "The field requestId must have");
    bad(with("\"requestId\":\"é\""), "The field requestId must have");
    bad(with("\"max\":0"), "The field max must be within 1..100");
    bad(with("\"max\":101"), "The field max must be");
    bad(with("\"leaseSeconds\":4"), "The field leaseSeconds must be within 5..3600");
    bad(with("\"leaseSeconds\":3601"), "The field leaseSeconds must be");
    bad(with("\"waitSeconds\":-1"), "The field waitSeconds must be within 0..30");
    bad(with("\"waitSeconds\":31"), "The field waitSeconds must be");
    assert_int_equal(good(with("\"leaseSeconds\":5")).by.lease_ms, 5000);
}

static void other_bodies_are_refused(void **test)
{
    static const char *const bodies[] = {"", "{", "[]", "null", "7"};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        bad(bodies[i], "The body could not be read");
    bad(with("\"type\":\"T\""), "unknown field: type");
}

/* Wherever the memory ends, it is said. */
static void without_memory_it_is_internal(void **test)
{
    struct span body = SPAN("{\"types\":[\"T\"],\"workerId\":\"w\",\"requestId\":\"r\"}");
    AUTO(arena_release) struct arena none;
    struct claim claim;
    struct err err = {0};
    (void)test;
    arena_init(&none, 0);
    assert_int_equal(claim_read(&none, body, &claim, &err), PROBLEM_NO_MEMORY);
    assert_sentence(&err, "memory");
}

static void answer_lists_what_was_granted(void **test)
{
    AUTO(buf_release) struct buf out = BUF(1 << 16);
    struct json_writer json = JSON_WRITER(&out);
    struct grant grants[] = {
        {.job = {.status = STATUS_RUNNING, .name = SPAN("n"), .attempt = 2, .max_attempts = 5},
         .payload = SPAN("{\"a\":[1]}"),
         .fence = 7,
         .expires_on = 1795454465123},
        {.job = {.status = STATUS_RUNNING, .attempt = 1, .max_attempts = 1},
         .fence = 1,
         .expires_on = 0},
    };
    (void)test;
    claims_json(&json, grants, ARRAY_SIZE(grants));
    assert_false(buf_failed(&out));
    assert_non_null(strstr(out.ptr, "},\"payload\":{\"a\":[1]},\"fence\":7,\"leaseExpiresOn\":"
                                    "\"2026-11-23T17:21:05.123Z\",\"attempt\":2,"
                                    "\"maxAttempts\":5},{\"job\":{"));
    assert_non_null(strstr(out.ptr, "\"type\":\"\"},\"fence\":1,"));
    assert_true(span_starts(buf_span(&out), "{\"claims\":[{\"job\":{\"id\":"));
    AUTO(json_free_at) struct json_value *document = json_parse(buf_span(&out), NULL);
    assert_non_null(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(least_request),
        TEST(whole_request),
        TEST(types_and_worker_are_required),
        TEST(a_hundred_types_are_the_most),
        TEST(values_have_limits),
        TEST(other_bodies_are_refused),
        TEST(without_memory_it_is_internal),
        TEST(answer_lists_what_was_granted),
    };
    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
