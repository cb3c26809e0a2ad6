/* A job's detail on the wire: the job, what workers are given of it, and who holds it. */
#include "model/detail_json.h"

#include "model/job_json.h"

static void lease_field(struct json_writer *json, const struct job_detail *detail)
{
    const struct lease *lease = detail->lease;
    json_key(json, "lease");
    json_begin_object(json);
    json_bool_at(json, "held", lease->held);
    json_key(json, "workerId");
    json_string(json, lease->worker);
    json_key(json, "account");
    json_uuid(json, &lease->account);
    if (lease->held)
        json_time_at(json, "expiresOn", lease_expires_on(lease, detail->now));
    json_time_at(json, "beatOn", lease->beat_on);
    json_time_at(json, "progressOn", lease->progress_on);
    json_bool_at(json, "stalled", lease_is_stalled(lease, detail->stalled_after_ms, detail->now));
    json_end_object(json);
}

void detail_json(struct json_writer *json, const struct job_detail *detail)
{
    const struct job *job = detail->job;
    json_begin_object(json);
    json_key(json, "job");
    job_json(json, job);
    json_int_at(json, "priority", job->priority);
    json_int_at(json, "attempt", job->attempt);
    json_int_at(json, "maxAttempts", job->max_attempts);
    if (job->run_after != JOB_NO_TIME)
        json_time_at(json, "runAfter", job->run_after);
    if (detail->lease->fence != LEASE_NO_FENCE)
        lease_field(json, detail);
    if (detail->output_size > 0)
        json_int_at(json, "logSize", detail->output_size);
    json_end_object(json);
}
