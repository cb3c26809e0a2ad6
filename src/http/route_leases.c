/* The workers' endpoints: claim jobs, keep one by a heartbeat. */
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/lease_json.h"
#include "service/leases.h"

struct claim_call {
    struct leases_claim claim;
    struct claim wanted;
};

static void claim_answer(struct request *request)
{
    const struct claim_call *call = request->operation;
    const struct store_claim *claim = &call->claim.store;
    if (route_failed(request, &claim->call))
        return;
    if (claim->count == 0) {
        respond_empty(request, 204);
        return;
    }
    struct json_writer json = respond_json(request, 200);
    claims_json(&json, claim->grants, claim->count);
}

static bool claim_gone(void *context)
{
    return request_client_gone(context);
}

void route_claim(struct request *request)
{
    struct claim_call *call = route_operation(request, sizeof(*call), claim_answer);
    struct err err = {0};
    if (call == NULL)
        return;
    enum problem problem = claim_read(&request->arena, request->body, &call->wanted, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    call->wanted.by.account = request->account.id;
    call->claim.store.claim = &call->wanted;
    call->claim.store.arena = &request->arena;
    call->claim.gone = claim_gone;
    route_prepare(request, &call->claim.store.call);
    leases_claim(request->service, &call->claim);
}

static void beat_answer(struct request *request)
{
    const struct leases_beat *beat = request->operation;
    if (route_failed(request, &beat->update.call))
        return;
    struct json_writer json = respond_json(request, 200);
    lease_json(&json, lease_expires_on(&beat->update.lease, beat->update.now), false);
}

void route_lease_beat(struct request *request)
{
    struct leases_beat *beat = route_operation(request, sizeof(*beat), beat_answer);
    struct err err = {0};
    if (beat == NULL || !route_job_id(request, &beat->update.id))
        return;
    enum problem problem = route_fence(request, &beat->fence, &err);
    if (problem == PROBLEM_NONE)
        problem = lease_read(request->body, &beat->lease_ms, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    beat->update.arena = &request->arena;
    route_prepare(request, &beat->update.call);
    leases_beat(request->service, beat);
}
