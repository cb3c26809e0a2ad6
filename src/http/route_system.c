/* The endpoints about the service itself: the API's document, health and metrics. */
#include "api/openapi_json.h"
#include "base/metrics.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "service/service.h"

void route_openapi(struct request *request)
{
    respond_fixed(request, "application/json",
                  (struct span){(const char *)openapi_json, openapi_json_size});
}

void route_health(struct request *request)
{
    respond_fixed(request, "text/plain; charset=utf-8", span_of("ok\n"));
}

/* Not logged: what failed was, and anybody may ask this at any rate. */
static void ready_answer(struct request *request)
{
    const struct store_probe *probe = request->operation;
    if (probe->call.problem == PROBLEM_NONE)
        respond_fixed(request, "text/plain; charset=utf-8", span_of("ready\n"));
    else
        respond_problem(request, PROBLEM_STORE_UNAVAILABLE, NULL);
}

void route_ready(struct request *request)
{
    struct store_probe *probe = route_operation(request, sizeof(*probe), ready_answer);
    if (probe == NULL)
        return;
    route_prepare(request, &probe->call);
    store_probe(request->service->store, probe);
}

void route_metrics(struct request *request)
{
    respond_empty(request, 200);
    request->response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_print(&request->response.body);
}
