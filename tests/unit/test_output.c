/* Tests of output as a stream: what is kept, what is new, how a hole is shown. */
#include "model/output.h"

#include "base/scope.h"
#include "model_test.h"

#define KEPT (OUTPUT_HEAD + OUTPUT_TAIL)

static void assert_view(int64_t size, int64_t offset, struct output_view expected)
{
    struct output_view view = output_view(size, offset);
    assert_int_equal(view.head.from, expected.head.from);
    assert_int_equal(view.head.to, expected.head.to);
    assert_int_equal(view.tail.from, expected.tail.from);
    assert_int_equal(view.tail.to, expected.tail.to);
    assert_int_equal(view.dropped, expected.dropped);
}

static void a_short_stream_is_kept_whole(void **test)
{
    (void)test;
    assert_view(0, 0, (struct output_view){0});
    assert_view(10, 0, (struct output_view){{0, 10}, {10, 10}, 0});
    assert_view(10, 4, (struct output_view){{4, 10}, {10, 10}, 0});
    assert_view(10, 10, (struct output_view){{10, 10}, {10, 10}, 0});
    assert_view(10, 99, (struct output_view){{10, 10}, {10, 10}, 0});
    assert_view(KEPT, 0, (struct output_view){{0, OUTPUT_HEAD}, {OUTPUT_HEAD, KEPT}, 0});
}

static void a_long_one_has_a_hole(void **test)
{
    (void)test;
    int64_t size = KEPT + 100, tail = OUTPUT_HEAD + 100;
    assert_view(KEPT + 1, 0,
                (struct output_view){{0, OUTPUT_HEAD}, {OUTPUT_HEAD + 1, KEPT + 1}, 1});
    assert_view(size, 5, (struct output_view){{5, OUTPUT_HEAD}, {tail, size}, 100});
    assert_view(size, OUTPUT_HEAD,
                (struct output_view){{OUTPUT_HEAD, OUTPUT_HEAD}, {tail, size}, 100});
    assert_view(size, OUTPUT_HEAD + 30,
                (struct output_view){{OUTPUT_HEAD, OUTPUT_HEAD}, {tail, size}, 70});
    assert_view(size, tail, (struct output_view){{OUTPUT_HEAD, OUTPUT_HEAD}, {tail, size}, 0});
    assert_view(size, size, (struct output_view){{OUTPUT_HEAD, OUTPUT_HEAD}, {size, size}, 0});
}

static void a_negative_offset_counts_from_the_end(void **test)
{
    (void)test;
    int64_t size = KEPT + 100;
    assert_view(10, -3, (struct output_view){{7, 10}, {10, 10}, 0});
    assert_view(10, -10, (struct output_view){{0, 10}, {10, 10}, 0});
    assert_view(10, -OUTPUT_OFFSET_MAX, (struct output_view){{0, 10}, {10, 10}, 0});
    assert_view(size, -1, (struct output_view){{OUTPUT_HEAD, OUTPUT_HEAD}, {size - 1, size}, 0});
    assert_view(size, -OUTPUT_TAIL - 7,
                (struct output_view){{OUTPUT_HEAD, OUTPUT_HEAD}, {OUTPUT_HEAD + 100, size}, 7});
}

static void only_the_end_of_what_is_known_is_fresh(void **test)
{
    (void)test;
    static const struct {
        int64_t size, offset;
        const char *fresh; /* NULL: a hole */
    } cases[] = {
        {0, 0, "abcd"},
        {7, 7, "abcd"},
        {7, 5, "cd"},
        {7, 3, ""},
        {7, 0, ""},
        {7, 8, NULL},
        {OUTPUT_OFFSET_MAX, OUTPUT_OFFSET_MAX, "abcd"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct span fresh = {0};
        struct err err = {0};
        enum problem problem =
            output_fresh(cases[i].size, cases[i].offset, span_of("abcd"), &fresh, &err);
        assert_int_equal(problem, cases[i].fresh != NULL ? PROBLEM_NONE : PROBLEM_CONFLICT);
        if (cases[i].fresh != NULL)
            assert_span(fresh, cases[i].fresh);
        else
            assert_sentence(&err, "7 bytes");
    }
}

static void assert_shown(const char *bytes, size_t gap, int64_t dropped, const char *expected)
{
    AUTO(buf_release) struct buf out = BUF(1000);
    struct output output = {.bytes = span_of(bytes), .gap = gap, .dropped = dropped};
    output_write(&out, &output);
    assert_false(buf_failed(&out));
    assert_string_equal(out.ptr != NULL ? out.ptr : "", expected);
}

static void what_was_dropped_is_a_line_of_its_own(void **test)
{
    (void)test;
    assert_shown("", 0, 0, "");
    assert_shown("ab", 2, 0, "ab");
    assert_shown("ab", 0, 0, "ab");
    assert_shown("ab", 1, 7, "a\n[… 7 bytes dropped …]\nb");
    assert_shown("a\nb", 2, 7, "a\n[… 7 bytes dropped …]\nb");
    assert_shown("ab", 0, 12345, "[… 12345 bytes dropped …]\nab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_stream_is_kept_whole),
        cmocka_unit_test(a_long_one_has_a_hole),
        cmocka_unit_test(a_negative_offset_counts_from_the_end),
        cmocka_unit_test(only_the_end_of_what_is_known_is_fresh),
        cmocka_unit_test(what_was_dropped_is_a_line_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
