/* The endpoints that look at jobs: one in detail, how many there are, how they ended. */
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/detail_json.h"
#include "model/statistics.h"
#include "model/summary.h"
#include "service/overview.h"

static void detail_answer(struct request *request)
{
    const struct store_detail *operation = request->operation;
    if (route_failed(request, &operation->call))
        return;
    struct job_detail detail = {.job = &operation->job,
                                .lease = &operation->lease,
                                .output_size = operation->output_size,
                                .now = operation->now,
                                .stalled_after_ms = request->service->stalled_after_ms};
    struct json_writer json = respond_json(request, 200);
    detail_json(&json, &detail);
}

void route_job_detail(struct request *request)
{
    struct store_detail *operation = route_operation(request, sizeof(*operation), detail_answer);
    if (operation == NULL || !route_job_id(request, &operation->id))
        return;
    operation->arena = &request->arena;
    route_prepare(request, &operation->call);
    overview_detail(request->service, operation);
}

static void summary_answer(struct request *request)
{
    const struct store_summary *operation = request->operation;
    if (route_failed(request, &operation->call))
        return;
    struct json_writer json = respond_json(request, 200);
    summary_json(&json, &operation->summary);
}

void route_summary(struct request *request)
{
    struct store_summary *operation = route_operation(request, sizeof(*operation), summary_answer);
    if (operation == NULL)
        return;
    route_prepare(request, &operation->call);
    overview_summary(request->service, operation);
}

static void statistics_answer(struct request *request)
{
    const struct store_statistics *operation = request->operation;
    if (route_failed(request, &operation->call))
        return;
    struct json_writer json = respond_json(request, 200);
    statistics_json(&json, &operation->statistics);
}

void route_statistics(struct request *request)
{
    struct store_statistics *operation =
        route_operation(request, sizeof(*operation), statistics_answer);
    int64_t hours = STATISTICS_HOURS_DEFAULT;
    struct span text;
    struct err err = {0};
    bool given;
    if (operation == NULL)
        return;
    enum problem problem = route_parameter(request, "hours", &given, &text, &err);
    if (problem == PROBLEM_NONE && given)
        problem = statistics_hours_read(text, &hours, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    operation->arena = &request->arena;
    route_prepare(request, &operation->call);
    overview_statistics(request->service, operation, hours);
}
