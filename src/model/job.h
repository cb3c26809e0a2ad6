/* A job, and the one function that changes its state. */
#ifndef JOBD_MODEL_JOB_H
#define JOBD_MODEL_JOB_H

#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"
#include "model/problem.h"
#include "model/states.h"

#include <stdbool.h>
#include <stdint.h>

/* Limits, in code points. */
#define JOB_NAME_MAX 2000
#define JOB_TYPE_MAX 255
#define JOB_MESSAGE_MAX 4000
#define JOB_DELETE_MESSAGE_MAX 128

/* Absent times and progress. */
#define JOB_NO_TIME INT64_C(-1)
#define JOB_NO_PROGRESS (-1)

/*
 * A plain value. Texts are borrowed: whoever fills the job says how long they live (an arena,
 * mostly). Times are milliseconds since 1970.
 */
struct job {
    int64_t position; /* created ms << 20 | sequence; unique; createdOn and every tie-break come
                         from it */
    struct uuid id; /* carries the position: uuid_at(position) */
    int64_t change; /* the change number of the last write; also the ETag */
    enum job_status status;
    bool self_managed;
    int32_t progress; /* 0..100 or JOB_NO_PROGRESS */
    struct span name, type;
    struct span message; /* empty: absent */
    struct uuid user; /* who the job is for */
    struct uuid created_by; /* who called create */
    struct uuid modified_by;
    int64_t modified_on;
    int64_t started_on, ended_on;
    /* What only workers need; not on the contract's wire, and not read for pages. */
    int64_t run_after; /* not handed out before; JOB_NO_TIME: at once */
    int32_t priority; /* higher first */
    int32_t attempt; /* grants so far */
    int32_t max_attempts;
};

#define POSITION_SEQUENCE_BITS 20

static inline int64_t job_created_on(const struct job *job)
{
    return job->position >> POSITION_SEQUENCE_BITS;
}

/* The first position of a millisecond. */
static inline int64_t position_at(int64_t ms)
{
    return ms << POSITION_SEQUENCE_BITS;
}

/* What can happen to a job. */
enum job_event_kind {
    EVENT_PROGRESS, /* progress or message alone, or the state it is in already */
    EVENT_START, /* to RUNNING */
    EVENT_CLAIM, /* to RUNNING by a grant: one attempt more, startDate anew, no progress yet;
                    message and progress of the event do not count */
    EVENT_END, /* to COMPLETED or FAILED with `status` */
    EVENT_RELEASE, /* back to WAITING */
    EVENT_RETRY, /* failed with `status`, to be tried again: WAITING where that may be, else
                    `status`; the event's progress counts for the latter only */
    EVENT_EXPIRE, /* the lease ran out: WAITING where that may be, else FAILED/ABORTED;
                     message and progress of the event do not count */
    EVENT_DELETE,
    EVENT_COUNT
};

struct job_event {
    enum job_event_kind kind;
    enum job_status status; /* for EVENT_END; for EVENT_RETRY, one of FAILED */
    struct uuid by; /* who */
    int64_t now; /* when; the store's clock */
    int64_t run_after; /* for RELEASE, RETRY, EXPIRE: what the job's becomes when it goes back to
                          WAITING. A release of a job that waits already only takes a time over */
    int32_t progress; /* JOB_NO_PROGRESS: as it was */
    bool has_message;
    struct span message; /* with has_message; empty clears it. EVENT_DELETE always has one */
};

/*
 * Applies an event by the transition table: the only place that writes status, dates, modified_* of
 * an existing job. The dates it writes are never before the last change, so a clock that was set
 * back cannot make a job end before it started.
 *
 *   PROBLEM_NONE         applied; *ret_changed says whether there is anything to store (false: a
 *                        repetition; a report counts as a change even if nothing differs)
 *   PROBLEM_JOB_DELETED  the job is deleted (a repeated delete is no error: unchanged)
 *   PROBLEM_CONFLICT     the table forbids it; err names both states
 *
 * On a problem the job is untouched. Pure. The message is borrowed from the event.
 */
enum problem job_apply(struct job *job, const struct job_event *event, bool *ret_changed,
                       struct err *err);

/*
 * The transition table, for tests and the diagram: whether `kind` is legal in `status`, and if so
 * the state it leads to (for EVENT_END: COMPLETED stands for either ending; for EVENT_RETRY and
 * EVENT_EXPIRE: WAITING stands for "or FAILED"). EVENT_END of an ended job, EVENT_RETRY of a failed
 * and EVENT_DELETE of a deleted one are legal as repetitions: they lead to the state it is in.
 */
bool job_event_legal(enum job_status status, enum job_event_kind kind, enum job_state *ret_state);

/*
 * Whether a run that failed may be followed by another: attempts remain, and somebody would take
 * the job. A self-managed one is handed to nobody.
 */
bool job_may_retry(const struct job *job);

/* Whether a claim may take the job now (wall clock); types are the claim's own business. */
bool job_is_claimable(const struct job *job, int64_t now);

/*
 * How long a job waits after its attempt number `attempt` (from 1) failed: 5 s, doubled with each
 * attempt up to an hour, and up to a quarter less or more as `random` (any 32 bits) has it.
 */
int64_t job_backoff_ms(int32_t attempt, uint32_t random);

#endif
