/* Tests of error sentences. */
#include "base/err.h"

#include "base/text.h"
#include "model_test.h"

static void a_sentence_is_written(void **test)
{
    struct err err = {0};
    (void)test;
    assert_false(err_set(&err, "%s is %d", "name", 3));
    assert_string_equal(err.text, "name is 3");
    assert_false(err_set(&err, "%s", ""));
    assert_string_equal(err.text, "");
}

static void nobody_listening_is_fine(void **test)
{
    (void)test;
    assert_false(err_set(NULL, "%s", "x"));
    assert_false(err_prefix(NULL, "%s", "x"));
}

static void prefixes_stack(void **test)
{
    struct err err = {0};
    (void)test;
    err_set(&err, "must be a string");
    assert_false(err_prefix(&err, "name"));
    assert_false(err_prefix(&err, "jobs[%d]", 3));
    assert_string_equal(err.text, "jobs[3]: name: must be a string");
}

static void its_own_text_can_be_an_argument(void **test)
{
    struct err err = {0};
    (void)test;
    err_set(&err, "inner");
    err_set(&err, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
}

/* Shifts a long text of one character through the end of the array, byte by byte. */
static void cut_between(const char *character)
{
    char text[2 * sizeof(struct err)];
    for (size_t shift = 0; shift < 8; shift++) {
        struct err err = {0};
        size_t points, len = strlen(character);
        memset(text, 'x', shift);
        text[shift] = '\0';
        for (size_t at = shift; at + len < sizeof(text); at += len)
            memcpy(text + at, character, len + 1);
        err_set(&err, "%s", text);
        assert_true(strlen(err.text) > sizeof(err.text) - 1 - len);
        assert_true(text_check(span_of(err.text), TEXT_NO_CONTROLS, &points));
        assert_int_equal(points, shift + (sizeof(err.text) - 1 - shift) / len);
        err_prefix(&err, "%s", "p");
        assert_true(text_check(span_of(err.text), TEXT_NO_CONTROLS, NULL));
        assert_memory_equal(err.text, "p: ", 3);
    }
}

static void long_sentences_are_cut_between_characters(void **test)
{
    (void)test;
    cut_between("a");
    cut_between("\xC3\xA9");
    cut_between("\xE2\x82\xAC");
    cut_between("\xF0\x9F\x98\x80");
}

static void a_sentence_that_just_fits_is_whole(void **test)
{
    struct err err = {0};
    (void)test;
    err_set(&err, "%316s\xC3\xA9", "x");
    assert_int_equal(strlen(err.text), 318);
    err_set(&err, "%317s\xC3\xA9", "x");
    assert_int_equal(strlen(err.text), 319);
    err_set(&err, "%318s\xC3\xA9", "x");
    assert_int_equal(strlen(err.text), 318);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_is_written),
        cmocka_unit_test(nobody_listening_is_fine),
        cmocka_unit_test(prefixes_stack),
        cmocka_unit_test(its_own_text_can_be_an_argument),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
        cmocka_unit_test(a_sentence_that_just_fits_is_whole),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
