/* Tests of text rules: bounds in code points, controls, and the sentences. */
#include "model/text_rule.h"

#include "model_test.h"

static const struct text_rule name = {"field name", 1, 3, TEXT_NO_CONTROLS};
static const struct text_rule message = {"field message", 0, 3, TEXT_TAB_AND_NEWLINE};

static void refused(const struct text_rule *rule, struct span text, const char *sentence)
{
    struct err err = {0};
    assert_false(text_rule_check(rule, text, &err));
    assert_string_equal(err.text, sentence);
    assert_false(text_rule_check(rule, text, NULL));
}

static void length_counts_code_points(void **test)
{
    (void)test;
    assert_true(text_rule_check(&name, span_of("a"), NULL));
    assert_true(text_rule_check(&name, span_of("€\xF0\x9F\x98\x80é"), NULL));
    assert_true(text_rule_check(&message, span_of(""), NULL));
    assert_true(text_rule_check(&message, (struct span){0}, NULL));
    refused(&name, span_of(""), "The field name must have 1 to 3 characters.");
    refused(&name, span_of("éééé"), "The field name must have 1 to 3 characters.");
    refused(&message, span_of("abcd"), "The field message must have at most 3 characters.");
}

static void controls_are_refused(void **test)
{
    (void)test;
    assert_true(text_rule_check(&message, span_of("\t\n"), NULL));
    refused(&message, span_of("\r"),
            "The field message must not hold control characters other than tab and newline.");
    refused(&name, span_of("\t"), "The field name must not hold control characters.");
    refused(&name, (struct span){"\0", 1}, "The field name must not hold control characters.");
    refused(&name, span_of("\xC2\x80"), "The field name must not hold control characters.");
}

static void malformed_text_is_refused(void **test)
{
    (void)test;
    refused(&name, span_of("\xFF"), "The field name must be valid UTF-8.");
    refused(&name, span_of("\xED\xA0\x80"), "The field name must be valid UTF-8.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_counts_code_points),
        cmocka_unit_test(controls_are_refused),
        cmocka_unit_test(malformed_text_is_refused),
    };
    return cmocka_run_group_tests_name("text_rule", tests, NULL, NULL);
}
