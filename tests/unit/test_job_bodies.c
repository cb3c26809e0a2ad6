/* Tests of the bodies that change a job: reports and delete messages. */
#include "model/job_json.h"

#include "model_test.h"

static struct arena arena;

static int setup(void **test)
{
    (void)test;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **test)
{
    (void)test;
    arena_release(&arena);
    return 0;
}

static struct job_event report(const char *text)
{
    struct job_event event;
    struct err err = {0};
    if (report_read(&arena, span_of(text), &event, &err) != PROBLEM_NONE)
        fail_msg("%s: %s", text, err.text);
    return event;
}

static void bad_report(const char *text, const char *sentence)
{
    struct job_event event = {.progress = 77};
    struct err err = {0};
    assert_int_equal(report_read(&arena, span_of(text), &event, &err), PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, sentence);
    assert_int_equal(event.progress, 77);
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

static void without_memory_it_is_internal(void **test)
{
    AUTO(arena_release) struct arena none;
    struct job_event event;
    struct span message;
    (void)test;
    arena_init(&none, 0);
    assert_int_equal(report_read(&none, span_of("{\"message\":\"m\"}"), &event, NULL),
                     PROBLEM_INTERNAL);
    assert_int_equal(
        delete_message_read(&none, false, (struct span){0}, (struct span){0}, &message, NULL),
        PROBLEM_INTERNAL);
}

/* `parameter` NULL: not given. */
static const char *deletion(const char *parameter, const char *body)
{
    struct span message;
    struct err err = {0};
    if (delete_message_read(&arena, parameter != NULL, span_of(parameter), span_of(body), &message,
                            &err) != PROBLEM_NONE)
        fail_msg("%s: %s", body, err.text);
    return arena_strndup(&arena, message.ptr, message.len);
}

static void bad_deletion(const char *parameter, const char *body, const char *sentence)
{
    struct span message = {0};
    struct err err = {0};
    assert_int_equal(delete_message_read(&arena, parameter != NULL, span_of(parameter),
                                         span_of(body), &message, &err),
                     PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, sentence);
    assert_null(message.ptr);
}

static void parameter_wins_over_body_over_default(void **test)
{
    (void)test;
    assert_string_equal(deletion(NULL, ""), "Deleted by user");
    assert_string_equal(deletion("", ""), "Deleted by user");
    assert_string_equal(deletion("", "{\"message\":\"\"}"), "Deleted by user");
    assert_string_equal(deletion(NULL, "{}"), "Deleted by user");
    assert_string_equal(deletion(NULL, "{\"message\":null,\"other\":[1]}"), "Deleted by user");
    assert_string_equal(deletion(NULL, "{\"message\":\"from the body\"}"), "from the body");
    assert_string_equal(deletion("", "{\"message\":\"from the body\"}"), "from the body");
    assert_string_equal(deletion("given", ""), "given");
    assert_string_equal(deletion("given", "{\"message\":\"from the body\"}"), "given");
}

static void delete_message_is_128_characters(void **test)
{
    const char *most = repeat(&arena, "é", 128).ptr;
    const char *more = repeat(&arena, "é", 129).ptr;
    (void)test;
    assert_string_equal(deletion(most, ""), most);
    assert_string_equal(deletion(NULL, arena_printf(&arena, "{\"message\":\"%s\"}", most)), most);
    bad_deletion(more, "", "The parameter message must have at most 128 characters.");
    bad_deletion(NULL, arena_printf(&arena, "{\"message\":\"%s\"}", more),
                 "The field message must have at most 128 characters.");
    bad_deletion("a\rb", "", "The parameter message must not hold control characters");
    bad_deletion("a\xFF", "", "The parameter message must be valid UTF-8.");
}

/* A body that is no such object is refused even where the parameter would have won. */
static void delete_body_must_be_the_object(void **test)
{
    static const char *const bodies[] = {"[]", "\"gone\"", "{", "{\"message\":5}", "nope", "null"};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        bad_deletion(NULL, bodies[i], "The ");
        bad_deletion("given", bodies[i], "The ");
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

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
        TEST(without_memory_it_is_internal),
        TEST(parameter_wins_over_body_over_default),
        TEST(delete_message_is_128_characters),
        TEST(delete_body_must_be_the_object),
    };
    return cmocka_run_group_tests_name("job_bodies", tests, NULL, NULL);
}
