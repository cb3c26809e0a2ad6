/* The contract's use cases: find jobs, get a job, delete a job. */
#ifndef JOBD_SERVICE_JOBS_H
#define JOBD_SERVICE_JOBS_H

#include "service/service.h"

/*
 * Each operation holds a store call whose done, context and arena the caller sets; that is how the
 * outcome comes back, exactly once. What the use case itself refuses is answered at once, before
 * the function returns.
 */

/* Besides: id. JOB_NOT_FOUND. */
void jobs_get(struct service *service, struct store_get *get);

/* Besides: find.query. INVALID_CURSOR. */
struct jobs_find {
    struct store_find find;
    struct cursor after; /* private */
};
void jobs_find(struct service *service, struct jobs_find *find);

/*
 * The cursor of the page behind a finished find, in find.arena; empty on the last page and without
 * memory.
 */
struct span jobs_next_cursor(struct service *service, const struct jobs_find *find);

/* Besides: update.id, caller, message. JOB_NOT_FOUND, JOB_NOT_OWNED. Deleting again changes nothing
 * and is no error. */
struct jobs_delete {
    struct store_update update;
    const struct account *caller;
    struct span message;
};
void jobs_delete(struct service *service, struct jobs_delete *delete);

#endif
