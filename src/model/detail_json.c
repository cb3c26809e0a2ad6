/* A job's detail on the wire: the job, what workers are given of it, and who holds it. */
#include "model/detail_json.h"

#include "model/job_json.h"

static void int_field(struct json_writer *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}

static void bool_field(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}

static void time_field(struct json_writer *json, const char *key, int64_t ms)
{
    json_key(json, key);
    json_time(json, ms);
}

static void lease_field(struct json_writer *json, const struct job_detail *detail)
{
    const struct lease *lease = detail->lease;
    json_key(json, "lease");
    json_begin_object(json);
    bool_field(json, "held", lease->held);
    json_key(json, "workerId");
    json_string(json, lease->worker);
    json_key(json, "account");
    json_uuid(json, &lease->account);
    if (lease->held)
        time_field(json, "expiresOn", lease_expires_on(lease, detail->now));
    time_field(json, "beatOn", lease->beat_on);
    time_field(json, "progressOn", lease->progress_on);
    bool_field(json, "stalled", lease_is_stalled(lease, detail->stalled_after_ms, detail->now));
    json_end_object(json);
}

void detail_json(struct json_writer *json, const struct job_detail *detail)
{
    const struct job *job = detail->job;
    json_begin_object(json);
    json_key(json, "job");
    job_json(json, job);
    int_field(json, "priority", job->priority);
    int_field(json, "attempt", job->attempt);
    int_field(json, "maxAttempts", job->max_attempts);
    if (job->run_after != JOB_NO_TIME)
        time_field(json, "runAfter", job->run_after);
    if (detail->lease->fence != LEASE_NO_FENCE)
        lease_field(json, detail);
    json_end_object(json);
}
