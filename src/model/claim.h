/* Claims: what a worker asks for, and the jobs it is handed. */
#ifndef JOBD_MODEL_CLAIM_H
#define JOBD_MODEL_CLAIM_H

#include "base/arena.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "model/job.h"
#include "model/lease.h"

#include <stddef.h>
#include <stdint.h>

#define CLAIM_TYPES_MAX 100
#define CLAIM_JOBS_MAX 100
#define CLAIM_WAIT_MAX 30 /* seconds */
#define CLAIM_REQUEST_ID_MAX 255

struct claim {
    const struct span *types; /* 1..CLAIM_TYPES_MAX, as type_list.h wants them */
    size_t type_count;
    struct claimant by; /* account left zero, for the caller */
    size_t max; /* how many jobs at most */
    int64_t wait_ms; /* how long to wait for the first */
    struct span request_id; /* visible ASCII; empty: none */
};

/*
 * Reads `{types, workerId, max?, leaseSeconds?, waitSeconds?, requestId?}`. Texts are copied into
 * `arena`. INVALID_REQUEST naming the field, NO_MEMORY.
 */
enum problem claim_read(struct arena *arena, struct span body, struct claim *ret_claim,
                        struct err *err);

/* Reads the same but for waitSeconds, the claim within a report; likewise. */
enum problem claim_read_next(struct arena *arena, const struct json_value *object,
                             struct claim *ret_claim, struct err *err);

/* Reads `{workerId, leaseSeconds?}`, the claim within a create request; likewise. */
enum problem claimant_read(struct arena *arena, const struct json_value *object,
                           struct claimant *ret_claimant, struct err *err);

/* A job handed out. */
struct grant {
    struct job job;
    struct span payload; /* JSON; empty: none */
    int64_t fence;
    int64_t expires_on; /* wall clock: lease_expires_on */
};

/* {"claims":[{"job":…,"payload":…,"fence":…,"leaseExpiresOn":…,"attempt":…,"maxAttempts":…}]} */
void claims_json(struct json_writer *json, const struct grant *grants, size_t count);

/* The same as a member of an object. */
void claims_json_at(struct json_writer *json, const struct grant *grants, size_t count);

#endif
