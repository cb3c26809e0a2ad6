/* Statistics: how jobs ended lately, by type, in steps of time. */
#include "model/statistics.h"

#include "base/parse.h"
#include "base/scope.h"

#include <inttypes.h>
#include <stdio.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

/* The widths of steps, and those of the buckets they are made of. */
static const struct {
    int64_t step_ms, bucket_ms;
} widths[] = {
    {MINUTE, MINUTE},      {2 * MINUTE, MINUTE},       {5 * MINUTE, MINUTE},
    {10 * MINUTE, MINUTE}, {15 * MINUTE, 15 * MINUTE}, {30 * MINUTE, 15 * MINUTE},
    {HOUR, HOUR},          {2 * HOUR, HOUR},           {4 * HOUR, HOUR},
    {8 * HOUR, HOUR},
};

const struct statistics_level statistics_levels[STATISTICS_LEVELS] = {
    {MINUTE, STATISTICS_STEPS_MAX * 10 * MINUTE},
    {15 * MINUTE, STATISTICS_STEPS_MAX * 30 * MINUTE},
    {HOUR, STATISTICS_STEPS_MAX * 8 * HOUR},
};

struct statistics_window statistics_window(int64_t hours, int64_t now)
{
    size_t i = 0;
    while (hours * HOUR > STATISTICS_STEPS_MAX * widths[i].step_ms && i + 1 < ARRAY_SIZE(widths))
        i++;
    int64_t step = widths[i].step_ms, to = statistics_floor(now, step) + step;
    int64_t steps = (hours * HOUR + step - 1) / step;
    return (struct statistics_window){
        .from = to - steps * step, .to = to, .step_ms = step, .bucket_ms = widths[i].bucket_ms};
}

enum problem statistics_hours_read(struct span text, int64_t *ret_hours, struct err *err)
{
    if (parse_int(text, 1, STATISTICS_HOURS_MAX, ret_hours))
        return PROBLEM_NONE;
    err_set(err, "The parameter hours must be a whole number from 1 to %d.", STATISTICS_HOURS_MAX);
    return PROBLEM_INVALID_REQUEST;
}

struct statistics_series *statistics_series(struct statistics *statistics, struct span type)
{
    for (size_t i = 0; i < statistics->count; i++) {
        struct statistics_series *series = &statistics->series[i];
        if (span_eq(series->type, type) || series->type.len == 0)
            return series;
    }
    statistics->series[statistics->count].type = (struct span){"", 0};
    return &statistics->series[statistics->count++];
}

struct ended *statistics_step(const struct statistics *statistics, struct statistics_series *series,
                              int64_t time)
{
    return &series->steps[(time - statistics->window.from) / statistics->window.step_ms];
}

static void seconds_field(struct json_writer *json, const char *key, int64_t ms)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
    json_key(json, key);
    json_raw(json, (struct span){text, (size_t)len});
}

static void point_json(struct json_writer *json, int64_t at, const struct ended *ended)
{
    json_begin_object(json);
    json_time_at(json, "at", at);
    json_int_at(json, "succeeded", ended->counts[OUTCOME_SUCCEEDED]);
    json_int_at(json, "failed", ended->counts[OUTCOME_FAILED]);
    json_int_at(json, "aborted", ended->counts[OUTCOME_ABORTED]);
    seconds_field(json, "seconds", ended->run_ms);
    json_end_object(json);
}

static void series_json(struct json_writer *json, const struct statistics_window *window,
                        const struct statistics_series *series)
{
    const struct ended *step = series->steps;
    json_begin_object(json);
    json_key(json, "type");
    json_string(json, series->type);
    json_key(json, "points");
    json_begin_array(json);
    for (int64_t at = window->from; at < window->to; at += window->step_ms, step++)
        if (ended_total(step) > 0)
            point_json(json, at, step);
    json_end_array(json);
    json_end_object(json);
}

void statistics_json(struct json_writer *json, const struct statistics *statistics)
{
    const struct statistics_window *window = &statistics->window;
    json_begin_object(json);
    json_time_at(json, "from", window->from);
    json_time_at(json, "to", window->to);
    json_int_at(json, "stepSeconds", window->step_ms / 1000);
    json_key(json, "types");
    json_begin_array(json);
    for (size_t i = 0; i < statistics->count; i++)
        series_json(json, window, &statistics->series[i]);
    json_end_array(json);
    json_end_object(json);
}
