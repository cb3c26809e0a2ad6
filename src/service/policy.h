/* Who may do what, and what they are told when they may not. */
#ifndef JOBD_SERVICE_POLICY_H
#define JOBD_SERVICE_POLICY_H

#include "base/err.h"
#include "model/account.h"
#include "model/hold.h"
#include "model/job.h"

/*
 * All are pure, and say in `err` which rule it was. policy_write and policy_claim are about the
 * role alone and are asked of the callers of routes that change or claim anything, before their
 * bodies are read; the others are asked in addition.
 */

/* FORBIDDEN to a reader. */
enum problem policy_write(const struct account *caller, struct err *err);

/* FORBIDDEN but to workers and administrators. */
enum problem policy_claim(const struct account *caller, struct err *err);

/* FORBIDDEN for another user, but to workers and administrators. */
enum problem policy_create_for(const struct account *caller, const struct uuid *user,
                               struct err *err);

/*
 * JOB_NOT_OWNED. policy_hold is about a write under `fence` (LEASE_NO_FENCE: none was sent): whose
 * a job is matters while nobody holds it; then the fence does, and nothing else.
 */
enum problem policy_report(const struct account *caller, const struct job *job, struct err *err);
enum problem policy_hold(const struct account *caller, const struct hold *hold, int64_t fence,
                         struct err *err);
enum problem policy_delete(const struct account *caller, const struct job *job, struct err *err);

#endif
