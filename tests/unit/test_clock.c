/* Tests of time and its text. */
#include "base/clock.h"

#include "model_test.h"

#include <time.h>

static void text_must_be(int64_t ms, const char *expected)
{
    char text[CLOCK_TEXT_SIZE];
    int64_t back;
    clock_format(ms, text);
    assert_string_equal(text, expected);
    assert_true(clock_parse(span_of(text), &back));
    assert_int_equal(back, ms);
}

static void written_and_read_back(void **test)
{
    (void)test;
    text_must_be(0, "1970-01-01T00:00:00.000Z");
    text_must_be(1, "1970-01-01T00:00:00.001Z");
    text_must_be(951782399999, "2000-02-28T23:59:59.999Z");
    text_must_be(951782400000, "2000-02-29T00:00:00.000Z");
    text_must_be(951868800000, "2000-03-01T00:00:00.000Z");
    text_must_be(4107542400000, "2100-03-01T00:00:00.000Z");
    text_must_be(4107542399999, "2100-02-28T23:59:59.999Z");
    text_must_be(1795454465123, "2026-11-23T17:21:05.123Z");
    text_must_be(CLOCK_MAX_MS, "9999-12-31T23:59:59.999Z");
}

/* Every day that can be written, against the C library's calendar. */
static void every_day_agrees_with_the_library(void **test)
{
    (void)test;
    for (int64_t day = 0; day <= CLOCK_MAX_MS / 86400000; day++) {
        char ours[CLOCK_TEXT_SIZE], theirs[40];
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        int64_t back;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
        clock_format(seconds * 1000, ours);
        if (strcmp(ours, theirs) != 0 || !clock_parse(span_of(theirs), &back) ||
            back != seconds * 1000)
            fail_msg("%s is written %s", theirs, ours);
    }
}

static void same_instant(const char *text, const char *utc)
{
    char shown[CLOCK_TEXT_SIZE];
    int64_t ms;
    if (!clock_parse(span_of(text), &ms))
        fail_msg("%s is not read", text);
    clock_format(ms, shown);
    assert_string_equal(shown, utc);
}

static void offsets_are_applied(void **test)
{
    (void)test;
    same_instant("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z");
    same_instant("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z");
    same_instant("2026-06-15T12:00:00+05:45", "2026-06-15T06:15:00.000Z");
    same_instant("2026-06-15T12:00:00-00:00", "2026-06-15T12:00:00.000Z");
    same_instant("2024-02-29T23:59:59+23:59", "2024-02-29T00:00:59.000Z");
    same_instant("2024-02-29T00:00:00-23:59", "2024-02-29T23:59:00.000Z");
    same_instant("1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00.000Z");
    same_instant("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00.000Z");
}

static void fractions_are_cut_to_milliseconds(void **test)
{
    (void)test;
    same_instant("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100Z");
    same_instant("2026-01-01T00:00:00.12Z", "2026-01-01T00:00:00.120Z");
    same_instant("2026-01-01T00:00:00.0019999999999999999999Z", "2026-01-01T00:00:00.001Z");
    same_instant("2026-01-01T00:00:00.999999Z", "2026-01-01T00:00:00.999Z");
}

static void letters_of_either_case(void **test)
{
    (void)test;
    same_instant("2026-01-01t00:00:00z", "2026-01-01T00:00:00.000Z");
}

static void a_leap_second_is_the_one_before(void **test)
{
    (void)test;
    same_instant("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z");
    same_instant("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500Z");
}

static void what_is_no_time(void **test)
{
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-01-01",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00Zx",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z ",
        "2026-1-01T00:00:00Z",
        "26-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z",
        "12026-01-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+01",
        "2026-01-01T00:00:00 01:00",
        "2026-01-01T00:00:00\342\210\22201:00",
        "-026-01-01T00:00:00Z",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        int64_t ms = 77;
        if (clock_parse(span_of(wrong[i]), &ms))
            fail_msg("%s is read", wrong[i]);
        assert_int_equal(ms, 77);
    }
    assert_false(clock_parse((struct span){0}, &(int64_t){0}));
    assert_false(clock_parse((struct span){"2026-01-01T00:00:00Z\0", 21}, &(int64_t){0}));
}

static void times_that_cannot_be_written_are_not_read(void **test)
{
    static const char *const outside[] = {
        "1969-12-31T23:59:59.999Z", "1970-01-01T00:59:59+01:00", "0000-01-01T00:00:00Z",
        "0000-02-29T00:00:00Z",     "1600-02-29T12:00:00Z",      "9999-12-31T23:59:59-00:01",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
        assert_false(clock_parse(span_of(outside[i]), &(int64_t){0}));
}

/* Each shorter text of a good one is no time, and is not read past its end. */
static void no_beginning_is_enough(void **test)
{
    static const char text[] = "2026-11-23T17:21:05.123+01:30";
    (void)test;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy + 1, text, len);
        assert_false(clock_parse((struct span){copy + 1, len}, &(int64_t){0}));
        free(copy);
    }
}

static void the_system_clock_runs(void **test)
{
    (void)test;
    int64_t wall = clock_wall_ms(&clock_system);
    int64_t mono = clock_mono_ns(&clock_system);
    assert_true(wall / 1000 <= time(NULL) && time(NULL) - wall / 1000 < 60);
    assert_true(clock_mono_ns(&clock_system) >= mono);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read_back),
        cmocka_unit_test(every_day_agrees_with_the_library),
        cmocka_unit_test(offsets_are_applied),
        cmocka_unit_test(fractions_are_cut_to_milliseconds),
        cmocka_unit_test(letters_of_either_case),
        cmocka_unit_test(a_leap_second_is_the_one_before),
        cmocka_unit_test(what_is_no_time),
        cmocka_unit_test(times_that_cannot_be_written_are_not_read),
        cmocka_unit_test(no_beginning_is_enough),
        cmocka_unit_test(the_system_clock_runs),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
