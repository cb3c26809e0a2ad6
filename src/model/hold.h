/* A job and its lease, moved together: claimed, kept alive, reported on, expired, deleted. */
#ifndef JOBD_MODEL_HOLD_H
#define JOBD_MODEL_HOLD_H

#include "model/lease.h"
#include "model/report.h"

/*
 * What each function below works on. All are pure. On a problem, job and lease are untouched and
 * `err` says why. *ret_changed is about the job alone; whether the lease differs, the store sees by
 * comparing. Between them they keep: while a lease is held its job is RUNNING; one holder at a
 * time; one ending.
 */
struct hold {
    struct job *job;
    struct lease *lease; /* all zero when the job was never granted */
    struct moment now;
};

/*
 * The grant: the job becomes RUNNING by EVENT_CLAIM, the lease is the claimant's under the next
 * fence. CONFLICT unless the job is WAITING; that it is ready (job_is_claimable) is the caller's
 * care.
 */
enum problem hold_claim(const struct hold *hold, const struct claimant *by, struct err *err);

/*
 * A heartbeat, which leaves the job alone. `lease_ms` 0: as granted. LEASE_LOST (also without a
 * fence, and of an ended job), JOB_DELETED.
 */
enum problem hold_beat(const struct hold *hold, int64_t fence, int64_t lease_ms, struct err *err);

/*
 * A report by report->event.by. It is checked against the lease, then applied; a job that still
 * runs has its lease extended by what was granted, else the lease ends. A holder whose lease is
 * over may only repeat the ending that stands. What job_apply says, and LEASE_LOST.
 */
enum problem hold_report(const struct hold *hold, const struct report *report, bool *ret_changed,
                         struct err *err);

/*
 * Takes the job from a holder whose lease ran out; `random` (any 32 bits) spreads the back-off. The
 * change is signed by the last holder's account. False when the job is unchanged, which means that
 * the lease is not due (any more).
 */
bool hold_expire(const struct hold *hold, uint32_t random);

/*
 * Deletes the job; the holder, if there is one, learns at its next write. The event is an
 * EVENT_DELETE; its `now` does not count.
 */
enum problem hold_delete(const struct hold *hold, const struct job_event *event, bool *ret_changed,
                         struct err *err);

#endif
