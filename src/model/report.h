/* A report: what a worker or an owner says about a job, as its request body has it. */
#ifndef JOBD_MODEL_REPORT_H
#define JOBD_MODEL_REPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "model/claim.h"
#include "model/job.h"

#include <stdint.h>

#define REPORT_DELAY_MAX 86400 /* seconds */

struct report {
    struct job_event event; /* now and run_after are left to hold_report */
    int64_t delay_ms; /* for a release: not handed out for so long; 0: at once */
    int64_t fence; /* from the header; LEASE_NO_FENCE when there was none */
    uint32_t random; /* any 32 bits: the jitter of a retry's back-off */
    struct claim *next; /* what its sender takes on once this job is off its hands; NULL: nothing */
};

/*
 * Reads `{state?, result?, progressPercentage?, message?, delaySeconds?, retry?, next?}`; at least
 * one of state, progressPercentage and message. delaySeconds goes with the state WAITING only,
 * `retry: true` with FAILED only, `next` (claim_read_next) with COMPLETED, FAILED and WAITING.
 * Texts are copied into `arena`. event.by, fence, random and next->by.account are left zero, for
 * the caller. INVALID_REQUEST names what is wrong; NO_MEMORY.
 */
enum problem report_parse(struct arena *arena, struct span body, struct report *ret_report,
                          struct err *err);

#endif
