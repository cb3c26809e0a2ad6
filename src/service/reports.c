/* The producers' use cases: create jobs and report on them. */
#include "service/reports.h"

#include "service/leases.h"
#include "service/policy.h"

#include <string.h>

enum problem reports_authorize(struct service *service, const struct account *caller,
                               struct draft *draft, struct err *err)
{
    struct account user;
    draft->created_by = caller->id;
    if (!draft->has_user)
        draft->user = caller->id;
    enum problem problem = policy_create_for(caller, &draft->user, err);
    if (problem == PROBLEM_NONE && draft->has_claim && !draft->self_managed)
        problem = policy_claim(caller, err);
    if (problem != PROBLEM_NONE || uuid_eq(&draft->user, &caller->id))
        return problem;
    if (!users_by_id(service->users, &draft->user, &user)) {
        err_set(err, "The user of the job has no account.");
        return PROBLEM_INVALID_REQUEST;
    }
    return PROBLEM_NONE;
}

void reports_create(struct service *service, struct store_create *create)
{
    store_create(service->store, create);
}

enum problem reports_permit(const struct account *caller, const struct report *report,
                            struct err *err)
{
    return report->next != NULL ? policy_claim(caller, err) : PROBLEM_NONE;
}

static enum problem apply_report(void *context, const struct hold *hold, bool *ret_changed,
                                 struct err *err)
{
    const struct reports_report *report = context;
    enum problem problem = policy_hold(report->caller, hold, report->report.fence, err);
    return problem != PROBLEM_NONE ? problem : hold_report(hold, &report->report, ret_changed, err);
}

static void prepare_claim(struct service *service, struct reports_report *report)
{
    struct claim *next = report->report.next;
    if (next == NULL || leases_drains(service->leases))
        return;
    next->by.account = report->caller->id;
    report->claim = (struct store_claim){.claim = next, .arena = report->update.arena};
    report->update.then = &report->claim;
}

void reports_report(struct service *service, struct reports_report *report)
{
    if (report->report.event.kind == EVENT_RETRY) {
        struct uuid random = uuid_random();
        memcpy(&report->report.random, random.bytes, sizeof(report->report.random));
    }
    report->report.event.by = report->caller->id;
    report->update.mutate = apply_report;
    report->update.context = report;
    prepare_claim(service, report);
    store_update(service->store, &report->update);
}
