/* Time: the system's clocks, and RFC 3339 by arithmetic of our own, without zones or locales. */
#include "base/clock.h"

#include <time.h>

static const int64_t DAY_S = 86400;

static int64_t system_wall_ms(const struct clock *clock)
{
    struct timespec now;

    (void)clock;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_mono_ns(const struct clock *clock)
{
    struct timespec now;

    (void)clock;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const struct clock clock_system = {.wall_ms = system_wall_ms, .mono_ns = system_mono_ns};

struct date {
    int year, month, day;
};

/*
 * Both directions count years from March, so that a leap day is the last of its year, and in eras
 * of 400 years, which all have 146097 days; 719468 days lie between the start of era 0 (0000-03-01)
 * and 1970-01-01.
 */
static int64_t days_of(struct date date)
{
    int64_t year = date.month > 2 ? date.year : date.year - 1;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

/* `days` since 1970, not negative. */
static struct date date_of(int64_t days)
{
    int64_t since = days + 719468;
    int64_t era = since / 146097;
    int64_t day_of_era = since % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);

    return (struct date){
        .year = (int)(era * 400 + year_of_era + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}

/* With zeros in front. */
static void put_two(char *text, unsigned value)
{
    text[0] = (char)('0' + value / 10);
    text[1] = (char)('0' + value % 10);
}

/* The date's ten characters; each thread keeps those of the day it wrote last, mostly today's. */
static const char *date_text(int64_t day)
{
    static _Thread_local int64_t kept = -1;
    static _Thread_local char text[] = "0000-00-00";

    if (day != kept) {
        struct date date = date_of(day);
        put_two(text, (unsigned)date.year / 100);
        put_two(text + 2, (unsigned)date.year % 100);
        put_two(text + 5, (unsigned)date.month);
        put_two(text + 8, (unsigned)date.day);
        kept = day;
    }
    return text;
}

void clock_format(int64_t ms, char ret_text[static CLOCK_TEXT_SIZE])
{
    unsigned of_day = (unsigned)(ms % (DAY_S * 1000));
    unsigned second = of_day / 1000;

    memcpy(ret_text, date_text(ms / (DAY_S * 1000)), 10);
    memcpy(ret_text + 10, "T00:00:00.000Z", CLOCK_TEXT_SIZE - 10);
    put_two(ret_text + 11, second / 3600);
    put_two(ret_text + 14, second / 60 % 60);
    put_two(ret_text + 17, second % 60);
    ret_text[20] = (char)('0' + of_day % 1000 / 100);
    put_two(ret_text + 21, of_day % 100);
}

/* Takes exactly `width` digits off the front, of a value within min..max. */
static bool take_digits(struct span *rest, size_t width, int min, int max, int *ret_value)
{
    int value = 0;

    if (rest->len < width)
        return false;
    for (size_t i = 0; i < width; i++) {
        char digit = rest->ptr[i];
        if (digit < '0' || digit > '9')
            return false;
        value = value * 10 + (digit - '0');
    }
    if (value < min || value > max)
        return false;
    *rest = span_skip(*rest, width);
    *ret_value = value;
    return true;
}

/* Takes one byte off the front when it is `upper` or its lower case. */
static bool take_char(struct span *rest, char upper)
{
    char byte = rest->len > 0 ? rest->ptr[0] : '\0';

    if (byte != upper && !(upper >= 'A' && byte == upper + ('a' - 'A')))
        return false;
    *rest = span_skip(*rest, 1);
    return true;
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return lengths[month - 1] + (month == 2 && leap);
}

static bool take_date(struct span *rest, int64_t *ret_days)
{
    struct date date;

    if (!take_digits(rest, 4, 0, 9999, &date.year) || !take_char(rest, '-') ||
        !take_digits(rest, 2, 1, 12, &date.month) || !take_char(rest, '-') ||
        !take_digits(rest, 2, 1, month_length(date.year, date.month), &date.day))
        return false;
    *ret_days = days_of(date);
    return true;
}

/* `.` and at least one digit, or nothing at all. */
static bool take_fraction(struct span *rest, int64_t *ret_ms)
{
    int64_t weight = 100;
    int digit;

    *ret_ms = 0;
    if (!take_char(rest, '.'))
        return true;
    if (!take_digits(rest, 1, 0, 9, &digit))
        return false;
    do {
        *ret_ms += digit * weight;
        weight /= 10;
    } while (take_digits(rest, 1, 0, 9, &digit));
    return true;
}

static bool take_time(struct span *rest, int64_t *ret_ms)
{
    int hour, minute, second;
    int64_t fraction;

    if (!take_digits(rest, 2, 0, 23, &hour) || !take_char(rest, ':') ||
        !take_digits(rest, 2, 0, 59, &minute) || !take_char(rest, ':') ||
        !take_digits(rest, 2, 0, 60, &second) || !take_fraction(rest, &fraction))
        return false;
    if (second == 60)
        second = 59;
    *ret_ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + fraction;
    return true;
}

/* `Z` or `+hh:mm`; what must be subtracted to arrive at UTC. */
static bool take_offset(struct span *rest, int64_t *ret_ms)
{
    int hour, minute;
    bool east;

    *ret_ms = 0;
    if (take_char(rest, 'Z'))
        return true;
    east = take_char(rest, '+');
    if (!east && !take_char(rest, '-'))
        return false;
    if (!take_digits(rest, 2, 0, 23, &hour) || !take_char(rest, ':') ||
        !take_digits(rest, 2, 0, 59, &minute))
        return false;
    *ret_ms = (hour * 60 + minute) * INT64_C(60000) * (east ? 1 : -1);
    return true;
}

bool clock_parse(struct span text, int64_t *ret_ms)
{
    int64_t days, of_day, offset, ms;

    if (!take_date(&text, &days) || !take_char(&text, 'T') || !take_time(&text, &of_day) ||
        !take_offset(&text, &offset) || text.len > 0)
        return false;
    ms = days * DAY_S * 1000 + of_day - offset;
    if (ms < 0 || ms > CLOCK_MAX_MS)
        return false;
    *ret_ms = ms;
    return true;
}
