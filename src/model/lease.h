/* A lease: who may work on a job, under which fence, and until when. */
#ifndef JOBD_MODEL_LEASE_H
#define JOBD_MODEL_LEASE_H

#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"
#include "model/job.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stdint.h>

#define LEASE_WORKER_MAX 200 /* code points */
#define LEASE_SECONDS_MIN 5
#define LEASE_SECONDS_MAX 3600
#define LEASE_SECONDS_DEFAULT 60

/* Fences are 1..LEASE_FENCE_MAX, which JavaScript's numbers hold exactly. 0 says that none is
 * given.
 */
#define LEASE_NO_FENCE 0
#define LEASE_FENCE_MAX (INT64_C(1) << 53)

/* Both of the store's clocks, in milliseconds, read together. */
struct moment {
    int64_t wall; /* since 1970: what jobs are dated with */
    int64_t lease; /* never jumps: what leases run out by */
};

/*
 * One for each job that was ever granted; all zero for one that never was. The fence rises with
 * each grant and is never reset. A plain value: the worker's text is borrowed, as a job's texts
 * are.
 *
 * While a lease is held its job is RUNNING. Who held it last stays known when it is over.
 */
struct lease {
    int64_t fence;
    bool held;
    struct span worker;
    struct uuid account;
    int64_t lease_ms; /* as granted */
    int64_t expires_at; /* lease clock */
    int64_t beat_on; /* wall clock: the last sign of life, the grant included */
    int64_t progress_on; /* wall clock: the last report that said something new, or the grant */
};

/* Who takes a lease, and for how long. */
struct claimant {
    struct span worker;
    struct uuid account;
    int64_t lease_ms;
};

/* The next holder's: one fence more. The lease must not be held. */
void lease_grant(struct lease *lease, const struct claimant *by, struct moment now);

/* A sign of life: at least `lease_ms` from now. Never shortens. */
void lease_extend(struct lease *lease, int64_t lease_ms, struct moment now);

/* Nobody holds it any more. */
void lease_end(struct lease *lease);

/*
 * Whether a write under `fence` (LEASE_NO_FENCE: none was sent) may go on:
 *
 *   PROBLEM_NONE         it is the holder's; or nobody holds the job and no fence was sent; or the
 *                        job has ended and this was its last fence: then only the same ending again
 *                        is fine, which is hold_report's to see
 *   PROBLEM_LEASE_LOST   otherwise; `err` says which of the ways it was
 *   PROBLEM_JOB_DELETED  whatever was sent
 *
 * It does not look at the clock: a lease is its holder's until somebody acts on its expiry.
 */
enum problem lease_check(const struct lease *lease, const struct job *job, int64_t fence,
                         struct err *err);

/* Whether it is held and has run out by the lease clock. */
bool lease_is_due(const struct lease *lease, struct moment now);

/* When it runs out, by the wall clock as it goes now: what people and workers are told. */
int64_t lease_expires_on(const struct lease *lease, struct moment now);

/* Whether it is held, but what its holder reports has not changed for `after_ms`. */
bool lease_is_stalled(const struct lease *lease, int64_t after_ms, struct moment now);

#endif
