/* A draft: what a producer asks to be created, complete but for what the store assigns. */
#ifndef JOBD_MODEL_DRAFT_H
#define JOBD_MODEL_DRAFT_H

#include "base/arena.h"
#include "base/json_read.h"
#include "model/job.h"
#include "model/lease.h"

#define DRAFT_PAYLOAD_MAX (256 * 1024)
#define DRAFT_PRIORITY_MIN (-32768)
#define DRAFT_PRIORITY_MAX 32767
#define DRAFT_ATTEMPTS_MAX 100
#define DRAFT_BULK_MAX 1000

struct draft {
    struct span name, type;
    struct span message; /* empty: absent */
    struct span payload; /* compact JSON; empty: absent */
    struct span name_folded; /* text_fold of the name */
    bool self_managed;
    bool has_user; /* the request named one */
    struct uuid user; /* set by the service when it did not */
    struct uuid created_by; /* set by the service */
    int64_t run_after;
    int32_t priority;
    int32_t max_attempts;
    bool has_claim; /* created_by holds the job from the start */
    struct span claim_worker;
    int64_t claim_lease_ms;
};

/*
 * Reads and checks one create request. Unknown fields are errors. Texts are copied into `arena`.
 * `created_by` is left zero, `user` too when absent. Problems: INVALID_REQUEST naming the field,
 * NO_MEMORY.
 */
enum problem draft_read(struct arena *arena, const struct json_value *object,
                        struct draft *ret_draft, struct err *err);

/*
 * The job a draft becomes at a position: WAITING, or with a claim RUNNING in its first attempt;
 * everything else from the draft. Pure and repeatable, so that the first answer to an idempotent
 * create can be made again. Texts are borrowed from the draft.
 */
struct job draft_job(const struct draft *draft, int64_t position, const struct uuid *id,
                     int64_t change);

/* The lease its job has from the start: fence 1 with a claim, all zero without. */
struct lease draft_lease(const struct draft *draft, struct moment now);

#endif
