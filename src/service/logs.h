/* The use cases of a job's output: append to it, read it. */
#ifndef JOBD_SERVICE_LOGS_H
#define JOBD_SERVICE_LOGS_H

#include "service/service.h"

/*
 * The caller sets append.call.done, context, append.arena, append.id, offset and bytes, caller, and
 * fence (LEASE_NO_FENCE when none was sent). Output of a job that is held is its holder's to
 * append: whoever knows the fence; of one that has ended, its last holder's or its owner's. It is
 * no sign of life: heartbeats are. JOB_NOT_FOUND, JOB_NOT_OWNED, JOB_DELETED, LEASE_LOST, CONFLICT.
 */
struct logs_append {
    struct store_append append;
    const struct account *caller;
    int64_t fence;
};
void logs_append(struct service *service, struct logs_append *append);

/* Besides: id, offset. JOB_NOT_FOUND. */
void logs_read(struct service *service, struct store_output *read);

#endif
