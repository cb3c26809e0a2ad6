/* The endpoints of the overview: how many jobs are in which state. */
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/summary.h"
#include "service/overview.h"

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
