/* The contract's endpoints: find jobs, get a job, delete a job. */
#include "http/etag.h"
#include "http/prefer.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/job_json.h"
#include "service/jobs.h"

#include <inttypes.h>

struct find_call {
    struct jobs_find find;
    struct query query;
};

static void find_answer(struct request *request)
{
    const struct find_call *call = request->operation;
    const struct store_find *find = &call->find.find;
    if (route_failed(request, &find->call))
        return;
    struct json_writer json = respond_json(request, 200);
    job_page_json(&json, find->jobs, find->count, jobs_next_cursor(request->service, &call->find));
}

void route_jobs_find(struct request *request)
{
    struct find_call *call = route_operation(request, sizeof(*call), find_answer);
    struct err err = {0};
    if (call == NULL)
        return;
    enum problem problem = query_parse(&request->arena, request->query, &call->query, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    call->find.find.query = &call->query;
    call->find.find.arena = &request->arena;
    route_prepare(request, &call->find.find.call);
    jobs_find(request->service, &call->find);
}

struct get_call {
    struct store_get get;
    struct watcher watcher;
    int64_t wait_s; /* what the client prefers, as far as we do */
};

static void look(struct request *request);

/* The client has the job as it is now: it is told so, at once or when its time is over. */
static void get_answer(struct request *request)
{
    struct get_call *call = request->operation;
    const struct job *job = &call->get.job;
    if (route_failed(request, &call->get.call))
        return;
    const char *etag = arena_printf(&request->arena, "\"%" PRId64 "\"", job->change);
    bool known = etag != NULL && etag_matches(request_header(request, "If-None-Match"), etag);
    if (known && call->wait_s > 0 && route_wait(request, &call->watcher, look))
        return;
    if (known) {
        respond_empty(request, 304);
    } else {
        struct json_writer json = respond_json(request, 200);
        job_json(&json, job);
    }
    respond_header(request, "ETag", etag);
    if (call->wait_s > 0)
        respond_header(request, "Preference-Applied",
                       arena_printf(&request->arena, "wait=%" PRId64, call->wait_s));
}

static void look(struct request *request)
{
    struct get_call *call = request->operation;
    watch_ask(request->service->watch, &call->watcher, &call->get.id);
    route_prepare(request, &call->get.call);
    jobs_get(request->service, &call->get);
}

void route_job_get(struct request *request)
{
    struct get_call *call = route_operation(request, sizeof(*call), get_answer);
    if (call == NULL || !route_job_id(request, &call->get.id))
        return;
    call->get.arena = &request->arena;
    call->wait_s = prefer_wait(request_header(request, "Prefer"), ROUTE_WAIT_SECONDS_MAX);
    route_watcher(request, &call->watcher, call->wait_s * 1000);
    look(request);
}

static void delete_answer(struct request *request)
{
    const struct jobs_delete *delete = request->operation;
    if (!route_failed(request, &delete->update.call))
        respond_empty(request, 204);
}

void route_job_delete(struct request *request)
{
    struct jobs_delete *delete = route_operation(request, sizeof(*delete), delete_answer);
    struct span message = {0};
    struct err err = {0};
    if (delete == NULL || !route_job_id(request, &delete->update.id))
        return;
    bool given = false;
    enum problem problem = route_parameter(request, "message", &given, &message, &err);
    if (problem == PROBLEM_NONE)
        problem = delete_message_read(&request->arena, given, message, request->body,
                                      &delete->message, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    delete->caller = &request->account;
    delete->update.arena = &request->arena;
    route_prepare(request, &delete->update.call);
    jobs_delete(request->service, delete);
}
