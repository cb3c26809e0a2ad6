/* Tests of Basic credentials taken apart. */
#include "auth/basic.h"

#include "model_test.h"

static bool parse(const char *value, struct span *ret_name, struct span *ret_password)
{
    static struct arena arena;
    arena_release(&arena);
    arena_init(&arena, 64u << 10);
    return basic_parse(&arena, span_of(value), ret_name, ret_password);
}

static void names_and_passwords_come_apart_at_the_first_colon(void **test)
{
    (void)test;
    struct span name, password;
    assert_true(parse("Basic YWRtaW46YTpiOmM=", &name, &password)); /* admin:a:b:c */
    assert_true(span_is(name, "admin"));
    assert_true(span_is(password, "a:b:c"));
    assert_true(parse("bAsIc YWRtaW46", &name, &password)); /* admin: */
    assert_true(span_is(name, "admin"));
    assert_int_equal(password.len, 0);
    assert_true(parse("Basic Ons=", &name, &password)); /* :{ */
    assert_int_equal(name.len, 0);
    assert_true(parse("Basic w6k6w6k=", &name, &password)); /* é:é */
    assert_true(span_is(password, "é"));
}

static void everything_else_is_refused(void **test)
{
    (void)test;
    static const char *const bad[] = {
        "",
        "Basic",
        "Basic ",
        "Basic YWRtaW4=", /* no colon */
        "Basic YWRtaW46YQ", /* no padding */
        "Basic YWRtaW46YQ==YQ==", /* two texts */
        "Basic YWRt aW46YQ==", /* a space inside */
        "Basic !!!!",
        "Basic YQA6Yg==", /* NUL in the name */
        "Basic /zr/", /* not UTF-8 */
        "Bearer YWRtaW46YTpiOmM=",
        "BasicYWRtaW46YTpiOmM=",
    };
    struct span name, password;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (parse(bad[i], &name, &password))
            fail_msg("accepted: %s", bad[i]);
}

static void what_is_formatted_is_parsed(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    struct span name, password;
    arena_init(&arena, 64u << 10);
    const char *const passwords[] = {"", "p", "pä:ss", "four", "five5"};
    for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
        struct span value = basic_format(&arena, span_of("anna"), span_of(passwords[i]));
        assert_true(basic_parse(&arena, value, &name, &password));
        assert_true(span_is(name, "anna") && span_is(password, passwords[i]));
    }
    assert_null(basic_format(&arena, span_of("an:na"), span_of("p")).ptr);
    assert_true(
        basic_parse(&arena, basic_format(&arena, span_of(""), span_of("")), &name, &password));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_passwords_come_apart_at_the_first_colon),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(what_is_formatted_is_parsed),
    };
    return cmocka_run_group_tests_name("basic", tests, NULL, NULL);
}
