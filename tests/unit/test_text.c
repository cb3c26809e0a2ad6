/* Tests of UTF-8 and case folding. */
#include "base/text.h"

#include "model_test.h"

/* Writes a code point as UTF-8 by the plain rule, surrogates and all. */
static size_t encode(uint32_t point, char out[static 4])
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)(leads[len] | point);
    return len;
}

static void every_code_point_is_valid_but_surrogates(void **test)
{
    char bytes[4];
    (void)test;
    for (uint32_t point = 0; point < 0x120000; point++) {
        size_t len = encode(point, bytes), points = 99;
        bool good = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        struct span text = {bytes, len};
        uint32_t decoded = 0;
        if (text_check(text, TEXT_ANY, &points) != good)
            fail_msg("U+%04X", point);
        assert_int_equal(points, good ? 1 : 99);
        assert_int_equal(text_decode(text, &decoded), good ? len : 0);
        if (good) {
            assert_int_equal(decoded, point);
            assert_int_equal(text_step(text), len);
        }
        /* One byte short it is nothing. */
        if (len > 1)
            assert_false(text_check((struct span){bytes, len - 1}, TEXT_ANY, NULL));
    }
}

static void what_is_no_utf8(void **test)
{
    static const char *const wrong[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xED\xA0\xBD\xED\xB8\x80",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFC\x84\x80\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC3(",
        "\xE2\x82(",
        "\xF0\x9F\x98(",
        "\xE2(\xAC",
        "a\xC3",
        "caf\xE9",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        if (text_check(span_of(wrong[i]), TEXT_ANY, NULL))
            fail_msg("number %zu is taken for UTF-8", i);
    }
}

static void length_is_in_code_points(void **test)
{
    size_t points = 99;
    (void)test;
    assert_true(text_check((struct span){0}, TEXT_NO_CONTROLS, &points));
    assert_int_equal(points, 0);
    assert_true(text_check(span_of("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), TEXT_ANY, &points));
    assert_int_equal(points, 4);
}

static bool passes(uint32_t point, enum text_controls controls)
{
    char bytes[4];
    size_t len = encode(point, bytes);
    return text_check((struct span){bytes, len}, controls, NULL);
}

static void controls_pass_as_asked(void **test)
{
    (void)test;
    for (uint32_t point = 0; point < 0x200; point++) {
        bool control = point < 0x20 || (point > 0x7E && point < 0xA0);
        bool either = point == '\t' || point == '\n';
        assert_int_equal(passes(point, TEXT_NO_CONTROLS), !control);
        assert_int_equal(passes(point, TEXT_TAB_AND_NEWLINE), !control || either);
        assert_true(passes(point, TEXT_ANY));
    }
}

static void folds_to(const char *text, const char *expected)
{
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct span folded = text_fold(&arena, span_of(text));
    assert_span(folded, expected);
    assert_int_equal(folded.ptr[folded.len], 0);
}

static void folding(void **test)
{
    (void)test;
    folds_to("", "");
    folds_to("Disk Usage [@`{]", "disk usage [@`{]");
    folds_to("\xC3\x89", "\xC3\xA9");
    folds_to("stra\xC3\x9F"
             "e",
             "strasse");
    folds_to("STRASSE", "strasse");
    folds_to("\xE1\xBA\x9E", "ss");
    /* The ligature fi, full-width letters, the Kelvin sign, a superscript. */
    folds_to("\xEF\xAC\x81n", "fin");
    folds_to("\xEF\xBC\xAA\xEF\xBC\xAF\xEF\xBC\xA2", "job");
    folds_to("\xE2\x84\xAA", "k");
    folds_to("m\xC2\xB2", "m2");
    /* A final and a common sigma are one. */
    folds_to("\xCE\xA3\xCF\x83\xCF\x82", "\xCF\x83\xCF\x83\xCF\x83");
}

static void composed_and_decomposed_are_equal(void **test)
{
    (void)test;
    folds_to("E\xCC\x81", "\xC3\xA9");
    folds_to("e\xCC\x81", "\xC3\xA9");
    /* Marks in either order. */
    folds_to("a\xCC\xA3\xCC\x82", "\xE1\xBA\xAD");
    folds_to("a\xCC\x82\xCC\xA3", "\xE1\xBA\xAD");
    /* Hangul jamo. */
    folds_to("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "\xED\x95\x9C");
}

static void default_ignorables_vanish(void **test)
{
    (void)test;
    /* Soft hyphen, zero width joiner and space, variation selector, byte order mark. */
    folds_to("jo\xC2\xAD"
             "b",
             "job");
    folds_to("jo\xE2\x80\x8D"
             "b\xE2\x80\x8B",
             "job");
    folds_to("jo\xEF\xB8\x8F"
             "b",
             "job");
    folds_to("\xEF\xBB\xBFjob", "job");
    folds_to("\xC2\xAD", "");
}

static void an_embedded_nul_is_kept(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct span folded = text_fold(&arena, (struct span){"A\0\xC3\x89", 4});
    assert_int_equal(folded.len, 4);
    assert_memory_equal(folded.ptr, "a\0\xC3\xA9", 5);
}

/* What is folded stays as it is: otherwise equal texts could be stored unequal. */
static void folding_twice_changes_nothing(void **test)
{
    char bytes[4] = "";
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        size_t len = encode(point, bytes);
        struct span once = text_fold(&arena, (struct span){bytes, len});
        assert_non_null(once.ptr);
        struct span twice = text_fold(&arena, once);
        if (!span_eq(once, twice) || !text_check(once, TEXT_ANY, NULL))
            fail_msg("U+%04X", point);
        arena_clear(&arena);
    }
}

static void the_longest_expansion_fits(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    /* U+FDFA becomes eighteen characters. */
    struct span folded = text_fold(&arena, repeat(&arena, "\xEF\xB7\xBA", 2000));
    size_t points;
    assert_true(text_check(folded, TEXT_ANY, &points));
    assert_int_equal(points, 2000 * 18);
}

static void no_more_is_kept_than_the_folded_bytes(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena source, arena;
    arena_init(&source, SIZE_MAX);
    struct span text = repeat(&source, "\xEF\xB7\xBA", 2000);
    arena_init(&arena, 128 << 10);
    assert_int_equal(text_fold(&arena, text).len, 2000 * 33);
}

static void without_memory_there_is_no_text(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, 0);
    assert_null(text_fold(&arena, span_of("ascii")).ptr);
    assert_null(text_fold(&arena, span_of("\xC3\x89")).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_valid_but_surrogates),
        cmocka_unit_test(what_is_no_utf8),
        cmocka_unit_test(length_is_in_code_points),
        cmocka_unit_test(controls_pass_as_asked),
        cmocka_unit_test(folding),
        cmocka_unit_test(composed_and_decomposed_are_equal),
        cmocka_unit_test(default_ignorables_vanish),
        cmocka_unit_test(an_embedded_nul_is_kept),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(the_longest_expansion_fits),
        cmocka_unit_test(no_more_is_kept_than_the_folded_bytes),
        cmocka_unit_test(without_memory_there_is_no_text),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
