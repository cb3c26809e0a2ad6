/* The use cases of a job's output: append to it, read it. */
#include "service/logs.h"

#include "service/policy.h"

static enum problem check_append(void *context, const struct hold *hold, struct err *err)
{
    const struct logs_append *append = context;
    enum problem problem = policy_hold(append->caller, hold, append->fence, err);
    return problem != PROBLEM_NONE ? problem
                                   : lease_check(hold->lease, hold->job, append->fence, err);
}

void logs_append(struct service *service, struct logs_append *append)
{
    append->append.check = check_append;
    append->append.context = append;
    store_append(service->store, &append->append);
}

void logs_read(struct service *service, struct store_output *read)
{
    store_output(service->store, read);
}
