/* The caller: credentials are checked, and what is wrong with them goes to the log only. */
#include "http/caller.h"

#include "base/log.h"
#include "http/cookie.h"
#include "http/exchange.h"
#include "http/peer.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/server.h"
#include "service/sessions.h"

static void refuse(struct request *request, enum problem problem, const struct err *reason)
{
    log_event(LOG_INFO, "not authenticated", LOG_F_STR("reason", reason->text),
              LOG_F_STR("address", exchange_of(request)->peer->address),
              LOG_F_STR("span", request->trace.span_id));
    respond_problem(request, problem, NULL);
}

static void welcome(struct request *request, const struct account *account,
                    const struct credentials *credentials)
{
    request->account = *account;
    request->credentials = *credentials;
    exchange_of(request)->found(request);
}

static void after_auth(struct request *request)
{
    const struct auth_check *check = &exchange_of(request)->check;
    if (check->problem == PROBLEM_NONE) {
        welcome(request, &check->account,
                &(struct credentials){.password = check->by_password, .ends_on = check->ends_on});
        return;
    }
    if (check->retry_after > 0)
        respond_header(request, "Retry-After",
                       arena_printf(&request->arena, "%d", check->retry_after));
    refuse(request, check->problem, &check->err);
}

static void auth_done(struct auth_check *check)
{
    request_wake(check->context);
}

void caller_verify(struct request *request, struct span authorization,
                   void (*found)(struct request *request))
{
    struct exchange *exchange = exchange_of(request);
    exchange->found = found;
    request_pause(request, after_auth);
    exchange->check = (struct auth_check){.done = auth_done,
                                          .context = request,
                                          .authorization = authorization,
                                          .address = peer_client(exchange->peer, request)};
    auth_check(exchange->options->auth, &exchange->check);
}

static void after_session(struct request *request)
{
    const struct sessions_check *check = request->operation;
    const struct store_call *call = &check->get.call;
    if (call->problem == PROBLEM_NONE)
        welcome(request, &check->account, &(struct credentials){true, true, check->ends_on});
    else if (call->problem == PROBLEM_NOT_AUTHENTICATED)
        refuse(request, call->problem, &call->err);
    else
        route_failed(request, call);
}

static void find_session(struct request *request, struct span token)
{
    struct sessions_check *check = route_operation(request, sizeof(*check), after_session);
    if (check == NULL || !caller_is_page(request))
        return;
    /* A shared cache goes by Authorization, not by cookies. */
    respond_header(request, "Cache-Control", "private, no-cache");
    check->token = token;
    route_prepare(request, &check->get.call);
    sessions_check(request->service, check);
}

void caller_find(struct request *request, void (*found)(struct request *request))
{
    struct span authorization = request_header(request, "Authorization"), token;
    exchange_of(request)->found = found;
    if (authorization.ptr == NULL && caller_token(request, &token))
        find_session(request, token);
    else
        caller_verify(request, authorization, found);
}

bool caller_is_page(struct request *request)
{
    if (span_is(request_header(request, "X-Requested-With"), "jobd") ||
        strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
        return true;
    respond_problem(request, PROBLEM_FORBIDDEN,
                    "With a session, what is not a GET needs the header X-Requested-With: jobd.");
    return false;
}

bool caller_token(struct request *request, struct span *ret_token)
{
    return cookie_find(request_header(request, "Cookie"), CALLER_COOKIE, ret_token);
}
