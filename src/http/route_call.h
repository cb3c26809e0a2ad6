/* What handlers share: an operation handed to a use case, and its outcome turned into an answer. */
#ifndef JOBD_HTTP_ROUTE_CALL_H
#define JOBD_HTTP_ROUTE_CALL_H

#include "http/request.h"
#include "service/watch.h"
#include "store/store.h"

/*
 * Zeroed memory for the operation, also as request->operation, and `answer` as what runs once it is
 * done; NULL (and an answer made) without memory.
 */
void *route_operation(struct request *request, size_t size, void (*answer)(struct request *));

/* The call of the operation wakes the request; to be followed by submitting it. */
void route_prepare(struct request *request, struct store_call *call);

/* No request waits for longer until something changes. */
#define ROUTE_WAIT_SECONDS_MAX 30

/* Makes a watcher of the request, which may wait `ms` from now on in all. */
void route_watcher(struct request *request, struct watcher *watcher, int64_t ms);

/*
 * Waits until the job that watch_ask was told of changes; then `again` runs, to ask and look once
 * more. False when the wait is over: answer what there is.
 */
bool route_wait(struct request *request, struct watcher *watcher,
                void (*again)(struct request *request));

/* True (and the answer made) when the call ended with a problem. */
bool route_failed(struct request *request, const struct store_call *call);

/* The answer to input that is refused before anything was submitted. */
void route_refuse(struct request *request, enum problem problem, const struct err *err);

/* The job id in the path; false (and the answer made) when it is no UUID. */
bool route_job_id(struct request *request, struct uuid *ret_id);

/* The fence of the header Lease-Fence, LEASE_NO_FENCE without one. INVALID_REQUEST. */
enum problem route_fence(struct request *request, int64_t *ret_fence, struct err *err);

/*
 * A single-valued query parameter, decoded. Absent: `ret_given` false. INVALID_REQUEST when the
 * query string is malformed or the parameter is there twice with different values.
 */
enum problem route_parameter(struct request *request, const char *name, bool *ret_given,
                             struct span *ret_value, struct err *err);

#endif
