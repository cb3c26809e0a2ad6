/* Tests of percent-encoding and query strings. */
#include "base/url.h"

#include "model_test.h"

static int set_up(void **test)
{
    static struct arena arena;
    arena_init(&arena, 1024 * 1024);
    *test = &arena;
    return 0;
}

static int tear_down(void **test)
{
    arena_release(*test);
    return 0;
}

static void decodes(void **test, const char *source, bool plus, const char *expected)
{
    struct err err = {0};
    struct span text;
    assert_true(url_decode(*test, span_of(source), plus, &text, &err));
    assert_span(text, expected);
}

static void escapes_are_decoded(void **test)
{
    decodes(test, "", true, "");
    decodes(test, "a%20b", false, "a b");
    decodes(test, "%41%4a%4A", false, "AJJ");
    decodes(test, "%C3%A9%c3%a9", false, "\xC3\xA9\xC3\xA9");
    decodes(test, "%2520", false, "%20");
    decodes(test, "%25", false, "%");
    decodes(test, "\xC3%A9", false, "\xC3\xA9");
}

static void plus_is_a_space_when_asked(void **test)
{
    decodes(test, "a+b%2B", true, "a b+");
    decodes(test, "a+b%2B", false, "a+b+");
}

static void nothing_to_decode_is_the_source(void **test)
{
    struct span source = SPAN("plain"), text = {0};
    assert_true(url_decode(*test, source, true, &text, NULL));
    assert_ptr_equal(text.ptr, source.ptr);
    assert_true(url_decode(*test, (struct span){0}, true, &text, NULL));
    assert_int_equal(text.len, 0);
}

static void refuses(void **test, struct span source, const char *because)
{
    struct err err = {0};
    struct span text = {"untouched", 9};
    assert_false(url_decode(*test, source, true, &text, &err));
    assert_sentence(&err, because);
    assert_span(text, "untouched");
}

static void broken_escapes_are_refused(void **test)
{
    static const char *const broken[] = {"%",    "a%",  "%4",  "%4g", "%g4",
                                         "%%41", "%-1", "%+1", "% 1", "%0x"};
    for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
        refuses(test, span_of(broken[i]), "two hexadecimal digits");
    /* The digits behind the end do not count. */
    refuses(test, (struct span){"%41", 2}, "two hexadecimal digits");
    refuses(test, (struct span){"%41", 1}, "two hexadecimal digits");
}

static void what_is_no_text_is_refused(void **test)
{
    refuses(test, span_of("%00"), "U+0000");
    refuses(test, span_of("a%00b"), "U+0000");
    refuses(test, (struct span){"a\0b", 3}, "U+0000");
    refuses(test, span_of("%ff"), "UTF-8");
    refuses(test, span_of("%C3"), "UTF-8");
    refuses(test, span_of("%C0%80"), "UTF-8");
    refuses(test, span_of("%ED%A0%80"), "UTF-8");
    refuses(test, span_of("caf\xE9"), "UTF-8");
}

static void no_memory_is_an_error(void **test)
{
    AUTO(arena_release) struct arena none;
    struct err err = {0};
    struct span text;
    (void)test;
    arena_init(&none, 0);
    assert_false(url_decode(&none, span_of("%41"), false, &text, &err));
    assert_sentence(&err, "memory");
}

/* All pairs as `key=value;`, and what the error said. */
static void pairs_must_be(void **test, struct span query, const char *expected, const char *error)
{
    char shown[300] = "";
    struct span key, value;
    struct err err = {"left over"};
    size_t len = 0;
    while (url_next_pair(*test, &query, &key, &value, &err)) {
        assert_non_null(value.ptr);
        len += (size_t)snprintf(shown + len, sizeof(shown) - len, "%.*s=%.*s;", (int)key.len,
                                key.ptr, (int)value.len, value.ptr);
    }
    assert_string_equal(shown, expected);
    assert_sentence(&err, error);
    assert_int_equal(err.text[0] == '\0', error[0] == '\0');
}

static void pairs_come_in_order(void **test)
{
    pairs_must_be(test, (struct span){0}, "", "");
    pairs_must_be(test, span_of(""), "", "");
    pairs_must_be(test, span_of("a=1"), "a=1;", "");
    pairs_must_be(test, span_of("a=1&b=2&a=3"), "a=1;b=2;a=3;", "");
    pairs_must_be(test, span_of("state%5B%5D=RUN+NING"), "state[]=RUN NING;", "");
    pairs_must_be(test, span_of("a=b=c%3Dd%26e"), "a=b=c=d&e;", "");
    pairs_must_be(test, (struct span){"a=1&b=2", 5}, "a=1;b=;", "");
}

static void parts_may_be_missing(void **test)
{
    pairs_must_be(test, span_of("a"), "a=;", "");
    pairs_must_be(test, span_of("a="), "a=;", "");
    pairs_must_be(test, span_of("=1"), "=1;", "");
    pairs_must_be(test, span_of("="), "=;", "");
    pairs_must_be(test, span_of("&&"), "", "");
    pairs_must_be(test, span_of("&a=1&&&b&"), "a=1;b=;", "");
}

static void a_broken_pair_ends_the_walk(void **test)
{
    pairs_must_be(test, span_of("a=1&b=%&c=3"), "a=1;", "two hexadecimal digits");
    pairs_must_be(test, span_of("%zz=1"), "", "two hexadecimal digits");
    pairs_must_be(test, span_of("a=%00"), "", "U+0000");
    pairs_must_be(test, span_of("%ff"), "", "UTF-8");
}

#define URL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        URL_TEST(escapes_are_decoded),
        URL_TEST(plus_is_a_space_when_asked),
        URL_TEST(nothing_to_decode_is_the_source),
        URL_TEST(broken_escapes_are_refused),
        URL_TEST(what_is_no_text_is_refused),
        URL_TEST(no_memory_is_an_error),
        URL_TEST(pairs_come_in_order),
        URL_TEST(parts_may_be_missing),
        URL_TEST(a_broken_pair_ends_the_walk),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
