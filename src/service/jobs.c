/* The contract's use cases: find jobs, get a job, delete a job. */
#include "service/jobs.h"

#include "service/policy.h"

void jobs_get(struct service *service, struct store_get *get)
{
    store_get(service->store, get);
}

void jobs_find(struct service *service, struct jobs_find *find)
{
    const struct query *query = find->find.query;
    struct store_call *call = &find->find.call;
    find->find.after = NULL;
    if (query->cursor.len > 0) {
        call->problem = cursor_open(service->store->cursor_key, query, &find->after, &call->err);
        if (call->problem != PROBLEM_NONE) {
            call->done(call);
            return;
        }
        find->find.after = &find->after;
    }
    store_find(service->store, &find->find);
}

struct span jobs_next_cursor(struct service *service, const struct jobs_find *find)
{
    if (!find->find.more || find->find.count == 0)
        return (struct span){0};
    struct cursor last = cursor_at(find->find.query, find->find.jobs[find->find.count - 1]);
    return cursor_seal(find->find.arena, service->store->cursor_key, find->find.query, &last);
}

static enum problem apply_delete(void *context, const struct hold *hold, bool *ret_changed,
                                 struct err *err)
{
    const struct jobs_delete *delete = context;
    enum problem problem = policy_delete(delete->caller, hold->job, err);
    if (problem != PROBLEM_NONE)
        return problem;
    struct job_event event = {.kind = EVENT_DELETE,
                              .by = delete->caller->id,
                              .progress = JOB_NO_PROGRESS,
                              .has_message = true,
                              .message = delete->message};
    return hold_delete(hold, &event, ret_changed, err);
}

void jobs_delete(struct service *service, struct jobs_delete *delete)
{
    delete->update.mutate = apply_delete;
    delete->update.context = delete;
    store_update(service->store, &delete->update);
}
