/* The contract's endpoints: find jobs, get a job, delete a job. */
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/job_json.h"
#include "service/jobs.h"

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

static void get_answer(struct request *request)
{
    const struct store_get *get = request->operation;
    if (route_failed(request, &get->call))
        return;
    struct json_writer json = respond_json(request, 200);
    job_json(&json, &get->job);
    respond_etag(request, get->job.change);
}

void route_job_get(struct request *request)
{
    struct store_get *get = route_operation(request, sizeof(*get), get_answer);
    if (get == NULL || !route_job_id(request, &get->id))
        return;
    get->arena = &request->arena;
    route_prepare(request, &get->call);
    jobs_get(request->service, get);
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
