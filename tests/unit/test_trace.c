/* Tests of trace context. */
#include "base/trace.h"

#include "model_test.h"

#include <pthread.h>

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len &&
           strspn(text, "0") < len;
}

static void a_valid_parent_is_joined(void **test)
{
    struct trace trace;
    (void)test;
    trace_start(&trace, span_of("00-" TRACE "-" PARENT "-01"));
    assert_string_equal(trace.trace_id, TRACE);
    assert_string_equal(trace.parent_id, PARENT);
    assert_true(is_hex(trace.span_id, 16));
    assert_string_not_equal(trace.span_id, PARENT);
}

static bool joins(const char *header)
{
    struct trace trace;
    trace_start(&trace, span_of(header));
    assert_true(is_hex(trace.trace_id, 32));
    assert_true(is_hex(trace.span_id, 16));
    assert_true(trace.parent_id[0] == '\0' || is_hex(trace.parent_id, 16));
    return strcmp(trace.trace_id, TRACE) == 0 && strcmp(trace.parent_id, PARENT) == 0;
}

static void what_is_joined(void **test)
{
    (void)test;
    assert_true(joins("00-" TRACE "-" PARENT "-00"));
    assert_true(joins("00-" TRACE "-" PARENT "-ff"));
    /* Later versions: what we know is at the front, and more may follow after a dash. */
    assert_true(joins("01-" TRACE "-" PARENT "-01"));
    assert_true(joins("cc-" TRACE "-" PARENT "-01-what-may-come"));
    assert_true(joins("fe-" TRACE "-" PARENT "-01-"));
}

static void what_starts_anew(void **test)
{
    static const char *const wrong[] = {
        "",
        "00",
        "ff-" TRACE "-" PARENT "-01",
        "00-" TRACE "-" PARENT "-01-",
        "00-" TRACE "-" PARENT "-01-more",
        "01-" TRACE "-" PARENT "-01more",
        "01-" TRACE "-" PARENT "-01 ",
        "00-" TRACE "-" PARENT "-0",
        "00-" TRACE "-" PARENT,
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
        "00-" TRACE "-00F067AA0BA902B7-01",
        "0A-" TRACE "-" PARENT "-01",
        "0g-" TRACE "-" PARENT "-01",
        "00-" TRACE "-" PARENT "-0x",
        "00_" TRACE "-" PARENT "-01",
        "00-" TRACE "_" PARENT "-01",
        "00-" TRACE "-" PARENT "_01",
        " 00-" TRACE "-" PARENT "-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-" PARENT "-01",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct trace trace;
        if (joins(wrong[i]))
            fail_msg("%s is joined", wrong[i]);
        trace_start(&trace, span_of(wrong[i]));
        assert_string_equal(trace.parent_id, "");
    }
    assert_false(joins(NULL));
}

static void what_is_passed_on(void **test)
{
    struct trace trace, child;
    char header[TRACE_PARENT_SIZE], expected[TRACE_PARENT_SIZE];
    (void)test;
    trace_start(&trace, (struct span){0});
    trace_parent(&trace, header);
    snprintf(expected, sizeof(expected), "00-%s-%s-01", trace.trace_id, trace.span_id);
    assert_string_equal(header, expected);
    trace_start(&child, span_of(header));
    assert_string_equal(child.trace_id, trace.trace_id);
    assert_string_equal(child.parent_id, trace.span_id);
}

enum { THREADS = 4, SPANS = 5000 };

static char spans[THREADS * SPANS][17];

static void *start_many(void *first)
{
    char(*out)[17] = first;
    for (size_t i = 0; i < SPANS; i++) {
        struct trace trace;
        trace_start(&trace, (struct span){0});
        memcpy(out[i], trace.span_id, sizeof(out[i]));
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void ids_are_unique_across_threads(void **test)
{
    pthread_t threads[THREADS];
    (void)test;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, start_many, &spans[i * SPANS]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    qsort(spans, ARRAY_SIZE(spans), sizeof(spans[0]), compare);
    for (size_t i = 1; i < ARRAY_SIZE(spans); i++)
        assert_string_not_equal(spans[i - 1], spans[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_parent_is_joined),
        cmocka_unit_test(what_is_joined),
        cmocka_unit_test(what_starts_anew),
        cmocka_unit_test(what_is_passed_on),
        cmocka_unit_test(ids_are_unique_across_threads),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
