/* Leases on the wire: the fence header, the body of a heartbeat, and the answers. */
#ifndef JOBD_MODEL_LEASE_JSON_H
#define JOBD_MODEL_LEASE_JSON_H

#include "base/err.h"
#include "base/json_write.h"
#include "base/span.h"
#include "model/claim.h"
#include "model/job.h"
#include "model/lease.h"

#include <stdbool.h>
#include <stdint.h>

/* The value of the header Lease-Fence: 1..LEASE_FENCE_MAX, digits without a leading zero.
 * INVALID_REQUEST. */
enum problem fence_read(struct span text, int64_t *ret_fence, struct err *err);

/* `{leaseSeconds?}` or nothing at all; 0 when it is not given: as granted. INVALID_REQUEST. */
enum problem lease_read(struct span body, int64_t *ret_lease_ms, struct err *err);

/* {"leaseExpiresOn":…,"drain":…} */
void lease_json(struct json_writer *json, int64_t expires_on, bool drain);

/* What a report claimed besides. */
struct report_claims {
    const struct grant *grants;
    size_t count;
};

/*
 * {"job":…,"leaseExpiresOn":…,"claims":[…]}, the answer to a report; JOB_NO_TIME leaves the time
 * out, `claims` NULL the list, which is that of claims_json.
 */
void report_json(struct json_writer *json, const struct job *job, int64_t expires_on,
                 const struct report_claims *claims);

#endif
