/* The producers' use cases: create jobs and report on them. */
#ifndef JOBD_SERVICE_REPORTS_H
#define JOBD_SERVICE_REPORTS_H

#include "service/service.h"

/*
 * Settles on whose behalf a draft is created: sets created_by, and user where the request named
 * none. FORBIDDEN by role (to claim what any worker could run is for workers, too), INVALID_REQUEST
 * when the user named has no account.
 */
enum problem reports_authorize(struct service *service, const struct account *caller,
                               struct draft *draft, struct err *err);

/* Creates drafts that were authorized; see struct store_create for what the caller sets and gets.
 */
void reports_create(struct service *service, struct store_create *create);

/* FORBIDDEN by role for a report that claims the next job. */
enum problem reports_permit(const struct account *caller, const struct report *report,
                            struct err *err);

/*
 * Reports on a job. The caller sets update.call.done, context, update.arena, update.id, caller, and
 * the report as report_parse left it, with its fence. A job that is held is its holder's to report
 * on: whoever knows the fence. JOB_NOT_FOUND, JOB_NOT_OWNED, JOB_DELETED, CONFLICT, LEASE_LOST.
 * `claim` is what became of report.next: nothing is granted unless the report succeeded, nor while
 * claims are drained.
 */
struct reports_report {
    struct store_update update;
    const struct account *caller;
    struct report report;
    struct store_claim claim;
};
void reports_report(struct service *service, struct reports_report *report);

#endif
