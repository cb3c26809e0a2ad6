/* Numbers, durations and truth values from text: all of the text or nothing. */
#include "base/parse.h"

#include "base/scope.h"

/* Digits only, collected below zero, where int64_t reaches one further than above. */
static bool parse_negated(struct span digits, int64_t *ret_value)
{
    int64_t value = 0;

    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        char digit = digits.ptr[i];
        if (digit < '0' || digit > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit - '0', &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool parse_int(struct span text, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = span_starts(text, "-");
    int64_t value;

    if (!parse_negated(negative ? span_skip(text, 1) : text, &value))
        return false;
    if (!negative && __builtin_sub_overflow(0, value, &value))
        return false;
    if (value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool parse_duration(struct span text, int64_t *ret_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    struct span digits = {text.ptr, 0};
    int64_t number;

    while (digits.len < text.len && text.ptr[digits.len] >= '0' && text.ptr[digits.len] <= '9')
        digits.len++;
    if (!parse_int(digits, 0, INT64_MAX, &number))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (span_is(span_skip(text, digits.len), units[i].name)) {
            int64_t ms;
            if (__builtin_mul_overflow(number, units[i].ms, &ms))
                return false;
            *ret_ms = ms;
            return true;
        }
    }
    return false;
}

bool parse_bool(struct span text, bool *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (span_is(text, words[i])) {
            *ret_value = i % 2 == 1;
            return true;
        }
    }
    return false;
}

int parse_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}
