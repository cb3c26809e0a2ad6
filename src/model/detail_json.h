/* A job's detail on the wire: the job, what workers are given of it, and who holds it. */
#ifndef JOBD_MODEL_DETAIL_JSON_H
#define JOBD_MODEL_DETAIL_JSON_H

#include "base/json_write.h"
#include "model/job.h"
#include "model/lease.h"

#include <stdint.h>

/* What there is to tell; borrowed. */
struct job_detail {
    const struct job *job;
    const struct lease *lease; /* all zero: never granted, and left out */
    int64_t output_size; /* 0: left out */
    struct moment now;
    int64_t stalled_after_ms;
};

/*
 * {"job":…,"priority":…,"attempt":…,"maxAttempts":…,"runAfter":…,"lease":{"held":…,"workerId":…,
 * "account":…,"expiresOn":…,"beatOn":…,"progressOn":…,"stalled":…},"logSize":…}. runAfter only
 * while it delays the job, expiresOn only while the lease is held. Never the fence, which is what
 * entitles to report.
 */
void detail_json(struct json_writer *json, const struct job_detail *detail);

#endif
