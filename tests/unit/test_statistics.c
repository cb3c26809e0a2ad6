/* Tests of the statistics: windows of every length, and what is written of them. */
#include "model/statistics.h"

#include "base/buf.h"
#include "model_test.h"

#define NOW INT64_C(1767225601234) /* a little after 2026 began */
#define HOUR_MS INT64_C(3600000)

static const struct statistics_level *level_of(int64_t bucket_ms)
{
    for (size_t i = 0; i < STATISTICS_LEVELS; i++)
        if (statistics_levels[i].bucket_ms == bucket_ms)
            return &statistics_levels[i];
    fail_msg("no level has buckets of %lld ms", (long long)bucket_ms);
    return &statistics_levels[0];
}

static void check_window(int64_t hours, int64_t now)
{
    struct statistics_window window = statistics_window(hours, now);
    int64_t steps = (window.to - window.from) / window.step_ms;
    assert_true(window.from % window.step_ms == 0 && window.to % window.step_ms == 0);
    assert_true(now < window.to && now >= window.to - window.step_ms);
    assert_true(steps >= 1 && steps <= STATISTICS_STEPS_MAX);
    assert_true(steps * window.step_ms >= hours * HOUR_MS);
    assert_true(steps * window.step_ms < hours * HOUR_MS + window.step_ms);
    assert_int_equal(window.step_ms % window.bucket_ms, 0);
    assert_true(now - window.from <= level_of(window.bucket_ms)->keep_ms);
}

static void every_window_has_few_steps_of_kept_buckets(void **test)
{
    (void)test;
    for (int64_t hours = 1; hours <= STATISTICS_HOURS_MAX; hours++) {
        check_window(hours, NOW);
        check_window(hours, NOW - NOW % (8 * HOUR_MS));
        check_window(hours, NOW - NOW % (8 * HOUR_MS) - 1);
        assert_true(statistics_window(hours, NOW).to - statistics_window(hours, NOW).from >
                    24 * statistics_window(hours, NOW).step_ms);
    }
}

static void buckets_of_a_level_lie_in_those_of_the_next(void **test)
{
    (void)test;
    for (size_t i = 1; i < STATISTICS_LEVELS; i++) {
        assert_int_equal(statistics_levels[i].bucket_ms % statistics_levels[i - 1].bucket_ms, 0);
        assert_true(statistics_levels[i].keep_ms > statistics_levels[i - 1].keep_ms);
    }
}

static void hours_are_a_number_in_bounds(void **test)
{
    static const char *const wrong[] = {"0", "745", "-1", "1.5", "x", "1h", ""};
    int64_t hours = 77;
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct err err = {0};
        assert_int_equal(statistics_hours_read(span_of(wrong[i]), &hours, &err),
                         PROBLEM_INVALID_REQUEST);
        assert_string_equal(err.text, "The parameter hours must be a whole number from 1 to 744.");
    }
    assert_int_equal(hours, 77);
    assert_int_equal(statistics_hours_read(span_of("744"), &hours, NULL), PROBLEM_NONE);
    assert_int_equal(hours, 744);
}

static void only_steps_with_something_are_written(void **test)
{
    AUTO(buf_release) struct buf out = BUF(4096);
    struct json_writer json = JSON_WRITER(&out);
    static struct statistics_series series[2] = {{.type = SPAN("IMPORT")}, {.type = SPAN("")}};
    struct statistics statistics = {statistics_window(1, NOW), series, 2};
    (void)test;
    *statistics_step(&statistics, &series[0], NOW) = (struct ended){{3, 2, 1}, 61007};
    *statistics_step(&statistics, &series[0], statistics.window.from) =
        (struct ended){{1, 0, 0}, 0};
    statistics_json(&json, &statistics);
    assert_string_equal(
        out.ptr, "{\"from\":\"2025-12-31T23:01:00.000Z\",\"to\":\"2026-01-01T00:01:00.000Z\","
                 "\"stepSeconds\":60,\"types\":[{\"type\":\"IMPORT\",\"points\":["
                 "{\"at\":\"2025-12-31T23:01:00.000Z\",\"succeeded\":1,\"failed\":0,"
                 "\"aborted\":0,\"seconds\":0.000},"
                 "{\"at\":\"2026-01-01T00:00:00.000Z\",\"succeeded\":3,\"failed\":2,"
                 "\"aborted\":1,\"seconds\":61.007}]},{\"type\":\"\",\"points\":[]}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_has_few_steps_of_kept_buckets),
        cmocka_unit_test(buckets_of_a_level_lie_in_those_of_the_next),
        cmocka_unit_test(hours_are_a_number_in_bounds),
        cmocka_unit_test(only_steps_with_something_are_written),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
