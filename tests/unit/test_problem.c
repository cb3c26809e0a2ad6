/* Tests of the error catalogue and the StandardErrorResponse. */
#include "model/problem.h"

#include "base/json_read.h"
#include "model_test.h"

/* The codes clients depend on, with their HTTP status. */
static const struct {
    enum problem problem;
    int status;
    const char *code;
} promised[] = {
    {PROBLEM_INVALID_REQUEST, 400, "invalidRequest"},
    {PROBLEM_INVALID_CURSOR, 400, "invalidCursor"},
    {PROBLEM_NOT_AUTHENTICATED, 401, "notAuthenticated"},
    {PROBLEM_FORBIDDEN, 403, "forbidden"},
    {PROBLEM_JOB_NOT_OWNED, 403, "jobNotOwned"},
    {PROBLEM_JOB_NOT_FOUND, 404, "jobNotFoundId"},
    {PROBLEM_PATH_NOT_FOUND, 404, "pathNotFound"},
    {PROBLEM_METHOD_NOT_ALLOWED, 405, "methodNotAllowed"},
    {PROBLEM_CONFLICT, 409, "conflict"},
    {PROBLEM_LEASE_LOST, 409, "leaseLost"},
    {PROBLEM_JOB_DELETED, 409, "jobDeleted"},
    {PROBLEM_PAYLOAD_TOO_LARGE, 413, "payloadTooLarge"},
    {PROBLEM_URI_TOO_LONG, 414, "uriTooLong"},
    {PROBLEM_IDEMPOTENCY_KEY_REUSED, 422, "idempotencyKeyReused"},
    {PROBLEM_TOO_MANY_REQUESTS, 429, "tooManyRequests"},
    {PROBLEM_HEADERS_TOO_LARGE, 431, "headersTooLarge"},
    {PROBLEM_INTERNAL, 500, "internalError"},
    {PROBLEM_NO_MEMORY, 500, "internalError"},
    {PROBLEM_NOT_IMPLEMENTED, 501, "notImplemented"},
    {PROBLEM_TOO_MANY_READERS, 503, "tooManyReaders"},
    {PROBLEM_STORE_UNAVAILABLE, 503, "storeUnavailable"},
    {PROBLEM_OUTCOME_UNKNOWN, 503, "outcomeUnknown"},
};

static void codes_are_the_promised_ones(void **test)
{
    (void)test;
    assert_int_equal(ARRAY_SIZE(promised), PROBLEM_COUNT - 1);
    for (size_t i = 0; i < ARRAY_SIZE(promised); i++) {
        assert_int_equal(problem_status(promised[i].problem), promised[i].status);
        assert_string_equal(problem_code(promised[i].problem), promised[i].code);
    }
}

static void codes_differ(void **test)
{
    (void)test;
    for (unsigned i = 1; i < PROBLEM_COUNT; i++) {
        for (unsigned j = i + 1; j < PROBLEM_COUNT; j++)
            if (j != PROBLEM_NO_MEMORY)
                assert_string_not_equal(problem_code(i), problem_code(j));
    }
}

static void known_texts_are_the_vendors(void **test)
{
    AUTO(buf_release) struct buf out = BUF(4096);
    (void)test;
    problem_json(&out, PROBLEM_INVALID_REQUEST, NULL, "0123456789abcdef");
    assert_string_equal(out.ptr, "{\"statusCode\":400,\"titleMessage\":\"Bad Request\","
                                 "\"helpMessage\":\"Check the request and try again.\","
                                 "\"userMessage\":\"The request is not valid.\","
                                 "\"errorCode\":\"invalidRequest\","
                                 "\"errorContext\":\"0123456789abcdef\"}");
    buf_clear(&out);
    problem_json(&out, PROBLEM_NOT_AUTHENTICATED, "", NULL);
    assert_non_null(strstr(out.ptr, "\"userMessage\":\"Failed to authenticate the request through "
                                    "basic credentials.\""));
    assert_non_null(strstr(out.ptr, "\"errorContext\":\"\""));
    buf_clear(&out);
    problem_json(&out, PROBLEM_JOB_NOT_FOUND, NULL, "");
    assert_non_null(strstr(out.ptr, "\"userMessage\":\"The resource could not be found.\""));
    buf_clear(&out);
    problem_json(&out, PROBLEM_INTERNAL, NULL, "");
    assert_non_null(strstr(out.ptr, "\"userMessage\":\"Internal server error.\""));
}

/* All six fields are there and filled, for every problem, and user texts are escaped. */
static void every_answer_is_whole(void **test)
{
    struct answer {
        int64_t status;
        struct span title, help, user, code, context;
        bool given[6];
    };
    static const struct json_field fields[] = {
        JSON_FIELD("statusCode", JSON_INT, struct answer, status, given[0]),
        JSON_FIELD("titleMessage", JSON_SPAN, struct answer, title, given[1]),
        JSON_FIELD("helpMessage", JSON_SPAN, struct answer, help, given[2]),
        JSON_FIELD("userMessage", JSON_SPAN, struct answer, user, given[3]),
        JSON_FIELD("errorCode", JSON_SPAN, struct answer, code, given[4]),
        JSON_FIELD("errorContext", JSON_SPAN, struct answer, context, given[5]),
    };
    (void)test;
    for (unsigned i = 1; i < PROBLEM_COUNT; i++) {
        AUTO(buf_release) struct buf out = BUF(4096);
        struct answer answer = {0};
        struct err err = {0};
        problem_json(&out, i, "say \"no\"\n\\", "feed");
        AUTO(json_free_at) struct json_value *document = json_parse(buf_span(&out), &err);
        assert_non_null(document);
        assert_true(json_read_object(document, fields, ARRAY_SIZE(fields), true, &answer, &err));
        assert_int_equal(answer.status, problem_status(i));
        assert_true(answer.title.len > 0 && answer.help.len > 0);
        assert_span(answer.user, "say \"no\"\n\\");
        assert_span(answer.code, problem_code(i));
        assert_span(answer.context, "feed");
    }
}

static void lack_of_memory_says_so(void **test)
{
    struct err err = {0};
    (void)test;
    assert_int_equal(problem_no_memory(&err), PROBLEM_NO_MEMORY);
    assert_sentence(&err, "memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_the_promised_ones), cmocka_unit_test(codes_differ),
        cmocka_unit_test(known_texts_are_the_vendors), cmocka_unit_test(every_answer_is_whole),
        cmocka_unit_test(lack_of_memory_says_so),
    };
    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
