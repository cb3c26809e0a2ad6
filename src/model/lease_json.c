/* Leases on the wire: read from a header and a body, and told of in answers. */
#include "model/lease_json.h"

#include "base/parse.h"
#include "base/scope.h"
#include "model/body.h"
#include "model/job_json.h"

#include <inttypes.h>

enum problem fence_read(struct span text, int64_t *ret_fence, struct err *err)
{
    if (!span_starts(text, "0") && parse_int(text, 1, LEASE_FENCE_MAX, ret_fence))
        return PROBLEM_NONE;
    err_set(err, "The header Lease-Fence must be a whole number from 1 to %" PRId64 ".",
            LEASE_FENCE_MAX);
    return PROBLEM_INVALID_REQUEST;
}

struct given {
    int64_t lease;
    bool has_lease;
};

static const struct json_field fields[] = {
    JSON_FIELD_INT("leaseSeconds", struct given, lease, has_lease, LEASE_SECONDS_MIN,
                   LEASE_SECONDS_MAX),
};

enum problem lease_read(struct span body, int64_t *ret_lease_ms, struct err *err)
{
    AUTO(json_free_at) struct json_value *document = NULL;
    struct given given = {0};
    if (body.len > 0) {
        document = body_parse(body, err);
        if (document == NULL || !body_read(document, fields, ARRAY_SIZE(fields), true, &given, err))
            return PROBLEM_INVALID_REQUEST;
    }
    *ret_lease_ms = given.lease * 1000;
    return PROBLEM_NONE;
}

void lease_json(struct json_writer *json, int64_t expires_on, bool drain)
{
    json_begin_object(json);
    json_time_at(json, "leaseExpiresOn", expires_on);
    json_bool_at(json, "drain", drain);
    json_end_object(json);
}

void report_json(struct json_writer *json, const struct job *job, int64_t expires_on,
                 const struct report_claims *claims)
{
    json_begin_object(json);
    json_key(json, "job");
    job_json(json, job);
    if (expires_on != JOB_NO_TIME)
        json_time_at(json, "leaseExpiresOn", expires_on);
    if (claims != NULL)
        claims_json_at(json, claims->grants, claims->count);
    json_end_object(json);
}
