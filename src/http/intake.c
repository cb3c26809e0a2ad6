/* Intake: the gate, the router, the credentials and the ceiling, each of which may refuse. */
#include "http/intake.h"

#include "http/caller.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"
#include "service/policy.h"

/* What a route asks of the caller's role. */
static enum problem check_role(enum access access, const struct account *caller, struct err *err)
{
    switch (access) {
    case ACCESS_ANONYMOUS:
    case ACCESS_READ:
        break;
    case ACCESS_WRITE:
        return policy_write(caller, err);
    case ACCESS_CLAIM:
        return policy_claim(caller, err);
    }
    return PROBLEM_NONE;
}

/* The head is good and the caller known: what can be refused without the body is. */
static void admit(struct request *request)
{
    struct exchange *exchange = exchange_of(request);
    const struct route *route = request->route;
    struct err err = {0};
    exchange->body.ceiling = route->body_max;
    exchange->stage = STAGE_BODY;
    enum problem problem = check_role(route->access, &request->account, &err);
    if (problem == PROBLEM_NONE && exchange->gate.length > route->body_max)
        problem = PROBLEM_PAYLOAD_TOO_LARGE;
    if (problem != PROBLEM_NONE)
        respond_problem(request, problem, err.text);
}

static void authenticate(struct request *request)
{
    if (request->route->access == ACCESS_ANONYMOUS)
        admit(request);
    else
        caller_find(request, admit);
}

void intake_open(struct exchange *exchange, const char *method, const char *version)
{
    struct request *request = &exchange->request;
    const struct server_options *options = exchange->options;
    struct err err = {0};
    exchange->stage = STAGE_AUTH;
    request->method = arena_strdup(&request->arena, method);
    if (request->method == NULL || request->path.ptr == NULL) {
        respond_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
    trace_start(&request->trace, request_header(request, "traceparent"));
    enum problem problem = gate_verdict(&exchange->gate, method, version, &err);
    request->response.close = problem != PROBLEM_NONE && problem != PROBLEM_FORBIDDEN;
    if (problem == PROBLEM_NONE)
        problem = router_match(options->routes, options->route_count, request, &err);
    if (problem == PROBLEM_NONE)
        authenticate(request);
    else
        respond_problem(request, problem, err.text);
}

bool intake_overrun(const struct exchange *exchange)
{
    return exchange->discarded > INTAKE_DISCARD_MAX + exchange->gate.length;
}

/* Past the ceiling the rest is thrown away for a while, so that the client can hear why. */
bool intake_body(struct exchange *exchange, const char *bytes, size_t len)
{
    struct request *request = &exchange->request;
    if (request->response.status == 0) {
        buf_add(&exchange->body, bytes, len);
        if (buf_failed(&exchange->body))
            respond_problem(request, PROBLEM_PAYLOAD_TOO_LARGE, NULL);
    } else {
        exchange->discarded += len;
    }
    return !intake_overrun(exchange);
}

void intake_end(struct exchange *exchange)
{
    exchange->stage = STAGE_HANDLE;
    if (exchange->request.response.status != 0)
        return;
    exchange->request.body = buf_span(&exchange->body);
    exchange->request.route->handle(&exchange->request);
}
