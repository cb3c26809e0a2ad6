/* Tests of numbers, durations and truth values from text. */
#include "base/parse.h"

#include "model_test.h"

static bool is_int(const char *text, int64_t expected)
{
    int64_t value;
    return parse_int(span_of(text), INT64_MIN, INT64_MAX, &value) && value == expected;
}

static void whole_numbers(void **test)
{
    (void)test;
    assert_true(is_int("0", 0));
    assert_true(is_int("-0", 0));
    assert_true(is_int("42", 42));
    assert_true(is_int("-42", -42));
    assert_true(is_int("007", 7));
    assert_true(is_int("0000000000000000000000000000001", 1));
    assert_true(is_int("9223372036854775807", INT64_MAX));
    assert_true(is_int("-9223372036854775808", INT64_MIN));
}

static void what_is_no_whole_number(void **test)
{
    static const char *const wrong[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "--1",
        "1-",
        "a",
        "1a",
        "\xD9\xA1",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999999",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        int64_t value = 77;
        assert_false(parse_int(span_of(wrong[i]), INT64_MIN, INT64_MAX, &value));
        assert_int_equal(value, 77);
    }
    assert_false(parse_int(span_of(NULL), 0, 1, &(int64_t){0}));
    assert_false(parse_int((struct span){"1\0", 2}, 0, 1, &(int64_t){0}));
}

static void bounds_belong_to_the_range(void **test)
{
    int64_t value = 77;
    (void)test;
    assert_true(parse_int(span_of("1"), 1, 50, &value));
    assert_true(parse_int(span_of("50"), 1, 50, &value));
    assert_int_equal(value, 50);
    assert_false(parse_int(span_of("0"), 1, 50, &value));
    assert_false(parse_int(span_of("51"), 1, 50, &value));
    assert_int_equal(value, 50);
}

static bool lasts(const char *text, int64_t expected)
{
    int64_t ms;
    return parse_duration(span_of(text), &ms) && ms == expected;
}

static void durations(void **test)
{
    (void)test;
    assert_true(lasts("250ms", 250));
    assert_true(lasts("10s", 10000));
    assert_true(lasts("5m", 300000));
    assert_true(lasts("2h", 7200000));
    assert_true(lasts("1d", 86400000));
    assert_true(lasts("7", 7000));
    assert_true(lasts("0", 0));
    assert_true(lasts("9223372036854775807ms", INT64_MAX));
    assert_true(lasts("9223372036854775s", INT64_C(9223372036854775000)));
}

static void what_is_no_duration(void **test)
{
    static const char *const wrong[] = {
        "",
        "s",
        "-1s",
        "1.5s",
        "1 s",
        "1S",
        "1sec",
        "1w",
        "1s ",
        "1h30m",
        "9223372036854776s",
        "9223372036854775808ms",
        "106751991168d",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        int64_t ms = 77;
        assert_false(parse_duration(span_of(wrong[i]), &ms));
        assert_int_equal(ms, 77);
    }
    assert_false(parse_duration(span_of(NULL), &(int64_t){0}));
}

static void truth(void **test)
{
    static const char *const right[] = {"true", "yes", "on", "1"};
    static const char *const wrong[] = {"false", "no", "off", "0"};
    static const char *const neither[] = {"", "True", "y", "2", "true ", "01"};
    bool value;
    (void)test;
    for (size_t i = 0; i < 4; i++) {
        assert_true(parse_bool(span_of(right[i]), &value) && value);
        assert_true(parse_bool(span_of(wrong[i]), &value) && !value);
    }
    for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
        assert_false(parse_bool(span_of(neither[i]), &value));
}

static void hexadecimal_digits(void **test)
{
    (void)test;
    for (int byte = -128; byte < 128; byte++) {
        const char *found = byte > 0 ? strchr("0123456789abcdefABCDEF", byte) : NULL;
        int expected = found != NULL ? (int)strtol((char[]){(char)byte, 0}, NULL, 16) : -1;
        assert_int_equal(parse_hex_digit((char)byte), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(what_is_no_whole_number),
        cmocka_unit_test(bounds_belong_to_the_range),
        cmocka_unit_test(durations),
        cmocka_unit_test(what_is_no_duration),
        cmocka_unit_test(truth),
        cmocka_unit_test(hexadecimal_digits),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
