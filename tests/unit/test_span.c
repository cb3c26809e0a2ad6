/* Tests of spans. */
#include "base/span.h"

#include "model_test.h"

static const struct span nothing = {0};

static void comparing(void **test)
{
    (void)test;
    assert_true(span_eq(nothing, span_of("")));
    assert_true(span_eq(span_of(NULL), nothing));
    assert_true(span_is((struct span){"abcd", 3}, "abc"));
    assert_false(span_is(span_of("abc"), "abd"));
    assert_false(span_is((struct span){"a\0b", 3}, "a"));
    assert_false(span_is(nothing, "a"));
}

static void ordering(void **test)
{
    static const char *const ordered[] = {"", "a", "aa", "ab", "b", "\xC3\xA9", "\xF0\x9F\x8C\x8D"};
    int count = sizeof(ordered) / sizeof(ordered[0]);

    (void)test;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            int order = span_compare(span_of(ordered[i]), span_of(ordered[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    assert_int_equal(span_compare(nothing, span_of("")), 0);
    assert_true(span_compare((struct span){"a\0b", 3}, span_of("a")) > 0);
}

static void case_means_ascii_letters_only(void **test)
{
    (void)test;
    assert_true(span_is_nocase(span_of("BaSiC"), "bAsIc"));
    assert_true(span_is_nocase(nothing, ""));
    assert_false(span_is_nocase(span_of("basic"), "basi"));
    /* These differ in bit 5 alone, but are no letters. */
    assert_false(span_is_nocase(span_of("[@"), "{`"));
    assert_false(span_is_nocase(span_of("\xC3\x89"), "\xC3\xA9"));
}

static void starts_and_skips(void **test)
{
    (void)test;
    assert_true(span_starts(nothing, ""));
    assert_false(span_starts(nothing, "a"));
    assert_true(span_starts(span_of("abc"), "ab"));
    assert_false(span_starts(span_of("a"), "ab"));
    assert_span(span_skip(span_of("abc"), 2), "c");
    assert_span(span_skip(span_of("abc"), 3), "");
    assert_null(span_skip(nothing, 0).ptr);
}

/* The parts of `text`, each in brackets. */
static void parts_must_be(struct span text, const char *expected)
{
    char shown[200] = "";
    struct span part;
    size_t len = 0;
    while (span_cut(&text, ',', &part))
        len += (size_t)snprintf(shown + len, sizeof(shown) - len, "[%.*s]", (int)part.len,
                                part.len > 0 ? part.ptr : "");
    assert_string_equal(shown, expected);
    assert_false(span_cut(&text, ',', &part));
}

static void cutting(void **test)
{
    (void)test;
    parts_must_be(nothing, "");
    parts_must_be(span_of(""), "[]");
    parts_must_be(span_of("a"), "[a]");
    parts_must_be(span_of("a,b"), "[a][b]");
    parts_must_be(span_of("a,b,"), "[a][b][]");
    parts_must_be(span_of(",,b"), "[][][b]");
    parts_must_be(span_of(","), "[][]");
    parts_must_be((struct span){"a,b,c", 3}, "[a][b]");
}

static void trimming(void **test)
{
    (void)test;
    assert_span(span_trim(span_of(" \t a b\t ")), "a b");
    assert_span(span_trim(span_of("a")), "a");
    assert_int_equal(span_trim(span_of(" \t ")).len, 0);
    assert_int_equal(span_trim(nothing).len, 0);
    /* Line ends and other whitespace are no padding. */
    assert_span(span_trim(span_of("\na\r")), "\na\r");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),
        cmocka_unit_test(ordering),
        cmocka_unit_test(case_means_ascii_letters_only),
        cmocka_unit_test(starts_and_skips),
        cmocka_unit_test(cutting),
        cmocka_unit_test(trimming),
    };
    return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
