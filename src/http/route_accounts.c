/* The endpoints about accounts: who am I, what they are called, signing in and out. */
#include "auth/basic.h"
#include "http/caller.h"
#include "http/exchange.h"
#include "http/peer.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "http/server.h"
#include "service/sessions.h"

#include <inttypes.h>

static void name_fields(struct json_writer *json, const struct account *account)
{
    json_key(json, "id");
    json_uuid(json, &account->id);
    json_key(json, "name");
    json_str(json, account->name);
}

void route_whoami(struct request *request)
{
    struct json_writer json = respond_json(request, 200);
    json_begin_object(&json);
    name_fields(&json, &request->account);
    json_key(&json, "role");
    json_str(&json, role_name(request->account.role));
    json_end_object(&json);
}

static void user_json(void *context, const struct account *account)
{
    struct json_writer *json = context;
    json_begin_object(json);
    name_fields(json, account);
    json_end_object(json);
}

void route_users(struct request *request)
{
    struct json_writer json = respond_json(request, 200);
    json_begin_object(&json);
    json_key(&json, "users");
    json_begin_array(&json);
    users_each(request->service->users, user_json, &json);
    json_end_array(&json);
    json_end_object(&json);
}

/* Strict: no other site's page or link makes a browser send it. An empty token takes it back. */
static void set_cookie(struct request *request, const char *token, int64_t life_ms)
{
    const struct exchange *exchange = exchange_of(request);
    bool secure = exchange->options->secure_cookies || peer_is_encrypted(exchange->peer, request);
    const char *cookie =
        arena_printf(&request->arena,
                     CALLER_COOKIE "=%s; Path=/; Max-Age=%" PRId64 "; HttpOnly; SameSite=Strict%s",
                     token, life_ms / 1000, secure ? "; Secure" : "");
    if (cookie == NULL) {
        respond_failure(request);
        return;
    }
    respond_header(request, "Set-Cookie", cookie);
}

static void opened(struct request *request)
{
    const struct sessions_open *open = request->operation;
    if (route_failed(request, &open->write.call))
        return;
    route_whoami(request);
    set_cookie(request, open->token, sessions_lifetime(request->service->sessions));
}

static void open_session(struct request *request)
{
    struct sessions_open *open = route_operation(request, sizeof(*open), opened);
    if (open == NULL)
        return;
    open->account = &request->account;
    route_prepare(request, &open->write.call);
    sessions_open(request->service, open);
}

/* As Basic credentials: so they cost, and are slowed down, the same. */
void route_session_open(struct request *request)
{
    struct sign_in sign_in;
    struct err err = {0};
    if (!caller_is_page(request))
        return;
    enum problem problem = sign_in_read(&request->arena, request->body, &sign_in, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    caller_verify(request, basic_format(&request->arena, sign_in.user, sign_in.password),
                  open_session);
}

static void closed(struct request *request)
{
    const struct sessions_close *close = request->operation;
    if (route_failed(request, &close->write.call))
        return;
    respond_empty(request, 204);
    set_cookie(request, "", 0);
}

void route_session_close(struct request *request)
{
    struct sessions_close *close = route_operation(request, sizeof(*close), closed);
    if (close == NULL || !caller_is_page(request))
        return;
    caller_token(request, &close->token);
    route_prepare(request, &close->write.call);
    sessions_close(request->service, close);
}
