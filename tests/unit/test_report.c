/* Tests of report bodies: the events they become, and what is refused. */
#include "model/report.h"

#include "arena_test.h"

static struct report whole(const char *text)
{
    struct report report;
    struct err err = {0};
    if (report_parse(&arena, span_of(text), &report, &err) != PROBLEM_NONE)
        fail_msg("%s: %s", text, err.text);
    return report;
}

static struct job_event report(const char *text)
{
    return whole(text).event;
}

static void bad_report(const char *text, const char *sentence)
{
    struct report report = {.fence = 77};
    struct err err = {0};
    assert_int_equal(report_parse(&arena, span_of(text), &report, &err), PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, sentence);
    assert_int_equal(report.fence, 77);
}

static void states_become_events(void **test)
{
    (void)test;
    assert_int_equal(report("{\"state\":\"WAITING\"}").kind, EVENT_RELEASE);
    assert_int_equal(report("{\"state\":\"RUNNING\"}").kind, EVENT_START);
    assert_int_equal(report("{\"state\":\"COMPLETED\"}").kind, EVENT_END);
    assert_int_equal(report("{\"state\":\"FAILED\"}").kind, EVENT_END);
    assert_int_equal(report("{\"message\":\"m\"}").kind, EVENT_PROGRESS);
    assert_int_equal(report("{\"state\":null,\"progressPercentage\":1}").kind, EVENT_PROGRESS);
    bad_report("{\"state\":\"DELETED\"}",
               "The field state cannot be DELETED in a report; delete the job instead.");
    bad_report("{\"state\":\"running\"}",
               "The field state must be one of WAITING, RUNNING, COMPLETED, FAILED.");
    bad_report("{\"state\":\"\"}", "The field state must be one of");
    bad_report("{\"state\":1}", "The field state must be");
}

/* Every state with every result: legal, or refused. */
static void results_go_with_endings(void **test)
{
    (void)test;
    for (unsigned s = 0; s < STATE_COUNT; s++) {
        for (unsigned r = 0; r < RESULT_COUNT; r++) {
            enum job_status status;
            bool ending = s == STATE_COMPLETED || s == STATE_FAILED;
            char *text = arena_printf(&arena, "{\"state\":\"%s\",\"result\":\"%s\"}", state_name(s),
                                      result_name(r));
            if (ending && status_of(s, r, &status))
                assert_int_equal(report(text).status, status);
            else
                bad_report(text, s == STATE_DELETED ? "state" : "The field result");
        }
    }
    bad_report("{\"result\":\"SUCCESS\"}", "The field result goes with the state");
    bad_report("{\"result\":\"success\",\"state\":\"COMPLETED\"}",
               "The field result must be one of SUCCESS, COMPLETED_WITH_ERROR, FAILURE, ABORTED.");
    bad_report("{\"result\":\"FAILURE\",\"state\":\"COMPLETED\"}",
               "The field result cannot be FAILURE with the state COMPLETED.");
}

static void endings_have_default_results(void **test)
{
    (void)test;
    assert_int_equal(report("{\"state\":\"COMPLETED\"}").status, STATUS_COMPLETED_SUCCESS);
    assert_int_equal(report("{\"state\":\"FAILED\",\"result\":null}").status,
                     STATUS_FAILED_FAILURE);
}

static void progress_is_0_to_100(void **test)
{
    static const char *const wrong[] = {"-1", "101", "1.5", "\"5\"", "true", "1e99", "4294967297"};
    (void)test;
    assert_int_equal(report("{\"progressPercentage\":0}").progress, 0);
    assert_int_equal(report("{\"progressPercentage\":100}").progress, 100);
    assert_int_equal(report("{\"state\":\"RUNNING\"}").progress, JOB_NO_PROGRESS);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        bad_report(arena_printf(&arena, "{\"progressPercentage\":%s}", wrong[i]),
                   "The field progressPercentage must be");
}

static void message_is_copied_or_cleared(void **test)
{
    char body[] = "{\"message\":\"one\\n\\ttwo\"}";
    struct job_event event = report(body);
    (void)test;
    memset(body, 'x', sizeof(body));
    assert_true(event.has_message);
    assert_span(event.message, "one\n\ttwo");
    event = report("{\"message\":\"\"}");
    assert_true(event.has_message);
    assert_int_equal(event.message.len, 0);
    assert_false(report("{\"state\":\"RUNNING\",\"message\":null}").has_message);
}

static void message_has_limits(void **test)
{
    const char *most = repeat(&arena, "é", JOB_MESSAGE_MAX).ptr;
    (void)test;
    report(arena_printf(&arena, "{\"message\":\"%s\"}", most));
    bad_report(arena_printf(&arena, "{\"message\":\"%sx\"}", most),
               "The field message must have at most 4000 characters.");
    bad_report("{\"message\":\"\\r\"}", "The field message must not hold control characters");
}

static void empty_and_unknown_reports_are_refused(void **test)
{
    static const char *const empty[] = {
        "{}", "{\"state\":null,\"result\":null,\"message\":null,\"progressPercentage\":null}"};
    static const char *const unreadable[] = {
        "", "{", "[]", "null", "{\"progress\":5}", "{\"state\":\"RUNNING\",\"state\":\"RUNNING\"}"};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
        bad_report(empty[i], "at least one of the fields");
    for (size_t i = 0; i < ARRAY_SIZE(unreadable); i++)
        bad_report(unreadable[i], "The body could not be read");
}

/* Everything that only hold_report knows is left empty. */
static void times_and_fence_are_left_to_others(void **test)
{
    struct report report = whole("{\"state\":\"FAILED\",\"retry\":true}");
    (void)test;
    assert_int_equal(report.event.run_after, JOB_NO_TIME);
    assert_int_equal(report.event.now, 0);
    assert_int_equal(report.fence, 0);
    assert_int_equal(report.delay_ms, 0);
}

static void release_may_have_a_delay(void **test)
{
    (void)test;
    assert_int_equal(whole("{\"state\":\"WAITING\"}").delay_ms, 0);
    assert_int_equal(whole("{\"state\":\"WAITING\",\"delaySeconds\":0}").delay_ms, 0);
    assert_int_equal(whole("{\"state\":\"WAITING\",\"delaySeconds\":86400}").delay_ms, 86400000);
    assert_int_equal(whole("{\"state\":\"FAILED\",\"delaySeconds\":null}").delay_ms, 0);
    bad_report("{\"state\":\"WAITING\",\"delaySeconds\":86401}", "The field delaySeconds must be");
    bad_report("{\"state\":\"WAITING\",\"delaySeconds\":-1}", "The field delaySeconds must be");
    bad_report("{\"state\":\"WAITING\",\"delaySeconds\":\"1\"}", "The field delaySeconds must be");
    bad_report("{\"state\":\"RUNNING\",\"delaySeconds\":1}", "with the state WAITING only");
    bad_report("{\"state\":\"FAILED\",\"retry\":true,\"delaySeconds\":0}",
               "with the state WAITING only");
    bad_report("{\"delaySeconds\":1}", "The field delaySeconds goes with the state WAITING only.");
}

static void failures_may_ask_to_be_tried_again(void **test)
{
    struct job_event event = report("{\"state\":\"FAILED\",\"result\":\"ABORTED\",\"retry\":true}");
    (void)test;
    assert_int_equal(event.kind, EVENT_RETRY);
    assert_int_equal(event.status, STATUS_FAILED_ABORTED);
    assert_int_equal(report("{\"state\":\"FAILED\",\"retry\":true}").status, STATUS_FAILED_FAILURE);
    assert_int_equal(report("{\"state\":\"FAILED\",\"retry\":false}").kind, EVENT_END);
    assert_int_equal(report("{\"state\":\"COMPLETED\",\"retry\":false}").kind, EVENT_END);
    bad_report("{\"state\":\"COMPLETED\",\"retry\":true}", "The field retry goes with the state");
    bad_report("{\"state\":\"WAITING\",\"retry\":true}", "The field retry goes with the state");
    bad_report("{\"retry\":true}", "The field retry goes with the state FAILED only.");
    bad_report("{\"retry\":false}", "at least one of the fields");
    bad_report("{\"state\":\"FAILED\",\"retry\":1}", "The field retry must be");
}

#define NEXT "\"next\":{\"types\":[\"B\",\"A\"],\"workerId\":\"w\"}"

static void an_end_may_claim_the_next(void **test)
{
    const struct claim *next;
    (void)test;
    assert_null(whole("{\"state\":\"COMPLETED\"}").next);
    assert_null(whole("{\"state\":\"COMPLETED\",\"next\":null}").next);
    next = whole("{\"state\":\"COMPLETED\"," NEXT "}").next;
    assert_non_null(next);
    assert_int_equal(next->type_count, 2);
    assert_true(span_is(next->types[0], "A") && span_is(next->by.worker, "w"));
    assert_true(next->max == 1 && next->by.lease_ms == 60000 && next->wait_ms == 0);
    assert_int_equal(next->request_id.len, 0);
    assert_non_null(whole("{\"state\":\"FAILED\"," NEXT "}").next);
    assert_non_null(whole("{\"state\":\"FAILED\",\"retry\":true," NEXT "}").next);
    assert_non_null(whole("{\"state\":\"WAITING\",\"delaySeconds\":1," NEXT "}").next);
    next = whole("{\"state\":\"WAITING\",\"next\":{\"types\":[\"A\"],\"workerId\":\"w\","
                 "\"max\":3,\"leaseSeconds\":7,\"requestId\":\"r\"}}")
               .next;
    assert_true(next->max == 3 && next->by.lease_ms == 7000 && span_is(next->request_id, "r"));
}

static void who_goes_on_claims_nothing(void **test)
{
    const char *only = "The field next goes with the states COMPLETED, FAILED and WAITING only.";
    (void)test;
    bad_report("{\"state\":\"RUNNING\"," NEXT "}", only);
    bad_report("{\"progressPercentage\":1," NEXT "}", only);
    bad_report("{" NEXT "}", "at least one of the fields");
    bad_report("{\"state\":\"FAILED\",\"next\":[]}", "The field next must be an object.");
    bad_report("{\"state\":\"FAILED\",\"next\":{}}", "The field next.types is required.");
    bad_report("{\"state\":\"FAILED\",\"next\":{\"types\":[\"A\"]}}",
               "The field next.workerId is required.");
    bad_report("{\"state\":\"FAILED\",\"next\":{\"types\":[\"A\"],\"workerId\":\"w\","
               "\"waitSeconds\":0}}",
               "next: The body could not be read: unknown field: waitSeconds");
}

static void without_memory_it_is_internal(void **test)
{
    AUTO(arena_release) struct arena none;
    struct report report;
    (void)test;
    arena_init(&none, 0);
    assert_int_equal(report_parse(&none, span_of("{\"message\":\"m\"}"), &report, NULL),
                     PROBLEM_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(states_become_events),
        TEST(results_go_with_endings),
        TEST(endings_have_default_results),
        TEST(progress_is_0_to_100),
        TEST(message_is_copied_or_cleared),
        TEST(message_has_limits),
        TEST(empty_and_unknown_reports_are_refused),
        TEST(times_and_fence_are_left_to_others),
        TEST(release_may_have_a_delay),
        TEST(failures_may_ask_to_be_tried_again),
        TEST(an_end_may_claim_the_next),
        TEST(who_goes_on_claims_nothing),
        TEST(without_memory_it_is_internal),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
