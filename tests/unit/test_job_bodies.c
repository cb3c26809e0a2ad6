/* Tests of the message of a delete: where it may come from, and what it may hold. */
#include "model/job_json.h"

#include "arena_test.h"

static void without_memory_it_is_internal(void **test)
{
    AUTO(arena_release) struct arena none;
    struct span message;
    (void)test;
    arena_init(&none, 0);
    assert_int_equal(
        delete_message_read(&none, false, (struct span){0}, (struct span){0}, &message, NULL),
        PROBLEM_NO_MEMORY);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_memory_it_is_internal),
        TEST(parameter_wins_over_body_over_default),
        TEST(delete_message_is_128_characters),
        TEST(delete_body_must_be_the_object),
    };
    return cmocka_run_group_tests_name("job_bodies", tests, NULL, NULL);
}
