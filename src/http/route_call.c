/* What handlers share: an operation handed to a use case, and its outcome turned into an answer. */
#include "http/route_call.h"

#include "base/log.h"
#include "base/url.h"
#include "http/response.h"
#include "model/lease_json.h"
#include "service/outage.h"
#include "service/service.h"

void *route_operation(struct request *request, size_t size, void (*answer)(struct request *))
{
    request->answer = answer;
    request->operation = arena_alloc(&request->arena, 1, size);
    if (request->operation == NULL)
        respond_problem(request, PROBLEM_INTERNAL, NULL);
    return request->operation;
}

static void call_done(struct store_call *call)
{
    request_wake(call->context);
}

void route_prepare(struct request *request, struct store_call *call)
{
    call->done = call_done;
    call->context = request;
    request_pause(request, request->answer);
}

static bool watcher_gone(void *context)
{
    return request_client_gone(context);
}

static void watcher_wake(void *context)
{
    request_wake(context);
}

void route_watcher(struct request *request, struct watcher *watcher, int64_t ms)
{
    watcher->wake = watcher_wake;
    watcher->sleeper = (struct sleeper){
        .deadline_ns = watch_deadline(request->service->watch, ms),
        .gone = watcher_gone,
        .context = request,
    };
}

bool route_wait(struct request *request, struct watcher *watcher,
                void (*again)(struct request *request))
{
    request_pause(request, again);
    switch (watch_wait(request->service->watch, watcher)) {
    case WATCH_WAITS:
        return true;
    case WATCH_MISSED:
        request_wake(request);
        return true;
    case WATCH_OVER:
        break;
    }
    request->resume = NULL;
    return false;
}

/* What went wrong inside is for the log, which the errorContext leads to; the caller learns only
 * that it did. */
bool route_failed(struct request *request, const struct store_call *call)
{
    if (call->problem == PROBLEM_NONE)
        return false;
    bool ours = problem_status(call->problem) >= 500, covered = outage_covers(call->problem);
    if (covered)
        outage_note(request->service->outage, &call->err);
    if (ours)
        log_event(covered ? LOG_DEBUG : LOG_ERROR, problem_code(call->problem),
                  LOG_F_STR("detail", call->err.text), LOG_F_STR("span", request->trace.span_id));
    respond_problem(request, call->problem, ours ? NULL : call->err.text);
    return true;
}

void route_refuse(struct request *request, enum problem problem, const struct err *err)
{
    respond_problem(request, problem, err->text);
}

bool route_job_id(struct request *request, struct uuid *ret_id)
{
    if (uuid_parse(request->argument, ret_id))
        return true;
    respond_problem(request, PROBLEM_INVALID_REQUEST, "The id of the job is not a UUID.");
    return false;
}

enum problem route_fence(struct request *request, int64_t *ret_fence, struct err *err)
{
    struct span text = request_header(request, "Lease-Fence");
    *ret_fence = LEASE_NO_FENCE;
    return text.ptr == NULL ? PROBLEM_NONE : fence_read(text, ret_fence, err);
}

enum problem route_parameter(struct request *request, const char *name, bool *ret_given,
                             struct span *ret_value, struct err *err)
{
    struct span rest = request->query, key, value;
    *ret_given = false;
    while (url_next_pair(&request->arena, &rest, &key, &value, err)) {
        if (!span_is(key, name) || value.len == 0)
            continue;
        if (*ret_given && !span_eq(value, *ret_value)) {
            err_set(err, "The parameter %s is given twice with different values.", name);
            return PROBLEM_INVALID_REQUEST;
        }
        *ret_given = true;
        *ret_value = value;
    }
    return err->text[0] != '\0' ? PROBLEM_INVALID_REQUEST : PROBLEM_NONE;
}
