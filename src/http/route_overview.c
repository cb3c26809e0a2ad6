/* The endpoints that look at jobs: one in detail, and how many are in which state. */
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/detail_json.h"
#include "model/summary.h"
#include "service/overview.h"

static void detail_answer(struct request *request)
{
    const struct store_detail *operation = request->operation;
    if (route_failed(request, &operation->call))
        return;
    struct job_detail detail = {.job = &operation->job,
                                .lease = &operation->lease,
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
