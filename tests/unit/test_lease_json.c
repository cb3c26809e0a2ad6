/* Tests of leases on the wire: the fence header, the heartbeat's body, and the answers. */
#include "model/lease_json.h"

#include "base/buf.h"
#include "model_test.h"

static void fences_are_plain_numbers(void **test)
{
    static const char *const wrong[] = {"",
                                        "0",
                                        "-1",
                                        "+1",
                                        "01",
                                        " 1",
                                        "1 ",
                                        "1a",
                                        "1.0",
                                        "0x1",
                                        "1e3",
                                        "1,2",
                                        "\"1\"",
                                        "9007199254740993",
                                        "99999999999999999999"};
    int64_t fence = 77;
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct err err = {0};
        assert_int_equal(fence_read(span_of(wrong[i]), &fence, &err), PROBLEM_INVALID_REQUEST);
        assert_string_equal(err.text, "The header Lease-Fence must be a whole number from 1 to "
                                      "9007199254740992.");
    }
    assert_int_equal(fence, 77);
    assert_int_equal(fence_read(span_of("1"), &fence, NULL), PROBLEM_NONE);
    assert_int_equal(fence, 1);
    assert_int_equal(fence_read(span_of("9007199254740992"), &fence, NULL), PROBLEM_NONE);
    assert_int_equal(fence, LEASE_FENCE_MAX);
}

static int64_t length(const char *body)
{
    int64_t ms = 77;
    struct err err = {0};
    if (lease_read(span_of(body), &ms, &err) != PROBLEM_NONE)
        fail_msg("%s: %s", body, err.text);
    return ms;
}

static void bad_length(const char *body, const char *sentence)
{
    int64_t ms = 77;
    struct err err = {0};
    assert_int_equal(lease_read(span_of(body), &ms, &err), PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, sentence);
    assert_int_equal(ms, 77);
}

static void heartbeat_may_name_a_length(void **test)
{
    (void)test;
    assert_int_equal(length(""), 0);
    assert_int_equal(length("{}"), 0);
    assert_int_equal(length("{\"leaseSeconds\":null}"), 0);
    assert_int_equal(length("{\"leaseSeconds\":5}"), 5000);
    assert_int_equal(length("{\"leaseSeconds\":3600}"), 3600000);
    bad_length("{\"leaseSeconds\":4}", "The field leaseSeconds must be within 5..3600");
    bad_length("{\"leaseSeconds\":3601}", "The field leaseSeconds must be");
    bad_length("{\"leaseSeconds\":\"60\"}", "The field leaseSeconds must be");
    bad_length("{\"lease\":60}", "unknown field: lease");
    bad_length(" ", "The body could not be read");
    bad_length("[]", "The body could not be read");
}

static void answers_tell_the_time(void **test)
{
    AUTO(buf_release) struct buf out = BUF(1 << 16);
    struct json_writer json = JSON_WRITER(&out);
    struct json_writer another = JSON_WRITER(&out);
    struct job job = {.status = STATUS_RUNNING};
    (void)test;
    lease_json(&json, 1795454465123, false);
    assert_string_equal(out.ptr,
                        "{\"leaseExpiresOn\":\"2026-11-23T17:21:05.123Z\",\"drain\":false}");
    out.len = 0;
    report_json(&another, &job, 1795454465123, NULL);
    assert_non_null(strstr(out.ptr, "},\"leaseExpiresOn\":\"2026-11-23T17:21:05.123Z\"}"));
    assert_true(span_starts(buf_span(&out), "{\"job\":{\"id\":"));
    out.len = 0;
    another = (struct json_writer)JSON_WRITER(&out);
    report_json(&another, &job, JOB_NO_TIME, NULL);
    assert_null(strstr(out.ptr, "leaseExpiresOn"));
    assert_null(strstr(out.ptr, "claims"));
}

static void a_report_tells_what_it_claimed(void **test)
{
    AUTO(buf_release) struct buf out = BUF(1 << 16);
    struct json_writer json = JSON_WRITER(&out);
    struct job job = {.status = STATUS_COMPLETED_SUCCESS};
    struct grant grant = {.job = {.status = STATUS_RUNNING}, .fence = 7};
    (void)test;
    report_json(&json, &job, JOB_NO_TIME, &(struct report_claims){&grant, 1});
    assert_non_null(strstr(out.ptr, "},\"claims\":[{\"job\":{\"id\":"));
    assert_non_null(strstr(out.ptr, "\"fence\":7,"));
    out.len = 0;
    json = (struct json_writer)JSON_WRITER(&out);
    report_json(&json, &job, JOB_NO_TIME, &(struct report_claims){0});
    assert_non_null(strstr(out.ptr, "},\"claims\":[]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fences_are_plain_numbers),
        cmocka_unit_test(heartbeat_may_name_a_length),
        cmocka_unit_test(answers_tell_the_time),
        cmocka_unit_test(a_report_tells_what_it_claimed),
    };
    return cmocka_run_group_tests_name("lease_json", tests, NULL, NULL);
}
