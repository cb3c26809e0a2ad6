/* Tests of the summary: exact counts, and where they end. */
#include "model/summary.h"

#include "base/buf.h"
#include "model_test.h"

static void counts_are_exact_up_to_a_limit(void **test)
{
    AUTO(buf_release) struct buf out = BUF(4096);
    struct json_writer json = JSON_WRITER(&out);
    struct summary summary = {.stalled = 3};
    (void)test;
    summary.states[STATE_WAITING] = 12;
    summary.states[STATE_RUNNING] = 10000;
    summary.states[STATE_COMPLETED] = 10001;
    summary.states[STATE_FAILED] = INT64_MAX;
    summary_json(&json, &summary);
    assert_string_equal(out.ptr, "{\"states\":{\"WAITING\":12,\"RUNNING\":10000,"
                                 "\"COMPLETED\":\"10000+\",\"FAILED\":\"10000+\",\"DELETED\":0},"
                                 "\"stalled\":3}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_exact_up_to_a_limit),
    };
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
