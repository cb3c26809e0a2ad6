/* Sessions: rows in the store under digests of their tokens, and a short memory of those seen. */
#include "service/sessions.h"

#include "auth/credential_cache.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"
#include "service/session_watch.h"

#define BELIEVED_MS 1000

struct sessions {
    struct credential_cache *cache;
    int64_t lifetime_ms;
};

struct sessions *sessions_new(int64_t lifetime_ms)
{
    struct sessions *sessions = mem_alloc(1, sizeof(*sessions));
    struct credential_cache *cache = credential_cache_new();
    if (sessions == NULL || cache == NULL) {
        credential_cache_free(cache);
        mem_free(sessions);
        return NULL;
    }
    sessions->cache = cache;
    sessions->lifetime_ms = lifetime_ms;
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    if (sessions == NULL)
        return;
    credential_cache_free(sessions->cache);
    mem_free(sessions);
}

int64_t sessions_lifetime(const struct sessions *sessions)
{
    return sessions->lifetime_ms;
}

void sessions_open(struct service *service, struct sessions_open *open)
{
    struct session *session = &open->write.session;
    secret_generate(open->token, SESSION_TOKEN_BYTES);
    session_token_digest(span_of(open->token), session->token);
    session_proof(open->account, session->proof);
    session->account = open->account->id;
    session->created_on = clock_wall_ms(service->clock);
    session->expires_on = session->created_on + service->sessions->lifetime_ms;
    open->write.action = SESSION_ADD;
    open->write.keep = SESSIONS_PER_ACCOUNT;
    store_session(service->store, &open->write);
}

/* For the cache: setting the wall clock prolongs nothing. */
static int64_t now_ms(const struct service *service)
{
    return clock_mono_ns(service->clock) / 1000000;
}

static bool find_account(struct service *service, const struct uuid *id,
                         struct account *ret_account)
{
    return users_by_id(service->users, id, ret_account) && !ret_account->disabled;
}

static bool recall(struct service *service, struct sessions_check *check)
{
    struct credential_cache *cache = service->sessions->cache;
    struct credential known;
    if (!credential_cache_find(cache, check->token, now_ms(service), &known) ||
        !find_account(service, &known.account, &check->account) ||
        known.proof != credential_proof(cache, &check->account))
        return false;
    check->ends_on = known.ends_on;
    metric_add(METRIC_AUTH_CACHE_HITS, 1);
    return true;
}

static void remember(struct service *service, const struct sessions_check *check)
{
    struct credential_cache *cache = service->sessions->cache;
    int64_t left_ms = check->get.session.expires_on - clock_wall_ms(service->clock);
    struct credential known = {.account = check->account.id,
                               .proof = credential_proof(cache, &check->account),
                               .ends_on = check->get.session.expires_on,
                               .expires_ms = now_ms(service) +
                                             (left_ms < BELIEVED_MS ? left_ms : BELIEVED_MS)};
    credential_cache_add(cache, check->token, &known);
}

/* Of a session that is there and whose time is not over. */
static bool still_holds(struct sessions_check *check)
{
    uint8_t proof[DIGEST_SIZE];
    if (!find_account(check->service, &check->get.session.account, &check->account))
        return false;
    session_proof(&check->account, proof);
    return memcmp(proof, check->get.session.proof, sizeof(proof)) == 0;
}

static void refuse(struct store_call *call, const char *reason)
{
    call->problem = PROBLEM_NOT_AUTHENTICATED;
    err_set(&call->err, "%s", reason);
    metric_add(METRIC_AUTH_FAILURES, 1);
}

static void looked_up(struct store_call *call)
{
    struct sessions_check *check = CONTAINER_OF(call, struct sessions_check, get.call);
    if (call->problem == PROBLEM_NOT_AUTHENTICATED)
        refuse(call, "no session, or its time is over");
    else if (call->problem == PROBLEM_NONE && !still_holds(check))
        refuse(call, "a session of an account that changed");
    else if (call->problem == PROBLEM_NONE)
        remember(check->service, check);
    check->ends_on = check->get.session.expires_on;
    check->done(call);
}

static bool is_token(struct span text)
{
    return text.len == SECRET_SIZE(SESSION_TOKEN_BYTES) - 1;
}

void sessions_check(struct service *service, struct sessions_check *check)
{
    struct store_call *call = &check->get.call;
    if (!is_token(check->token)) {
        refuse(call, "a malformed session token");
        call->done(call);
    } else if (recall(service, check)) {
        call->problem = PROBLEM_NONE;
        call->done(call);
    } else {
        check->service = service;
        check->done = call->done;
        call->done = looked_up;
        session_token_digest(check->token, check->get.session.token);
        store_session_get(service->store, &check->get);
    }
}

/* Whoever looked it up just before may remember it a moment later: for a second at most. */
static void closed(struct store_call *call)
{
    struct sessions_close *close = CONTAINER_OF(call, struct sessions_close, write.call);
    credential_cache_forget(close->service->sessions->cache, close->token);
    if (call->problem == PROBLEM_NONE)
        session_watch_closed(close->service->session_watch, close->write.session.token);
    close->done(call);
}

void sessions_close(struct service *service, struct sessions_close *close)
{
    struct store_call *call = &close->write.call;
    if (!is_token(close->token)) {
        call->problem = PROBLEM_NONE;
        call->done(call);
        return;
    }
    close->service = service;
    close->done = call->done;
    call->done = closed;
    close->write.action = SESSION_DELETE;
    session_token_digest(close->token, close->write.session.token);
    store_session(service->store, &close->write);
}
