/* Authentication: from an Authorization header to an account, without a hash a request. */
#include "auth/auth.h"

#include "auth/basic.h"
#include "auth/credential_cache.h"
#include "auth/password.h"
#include "auth/throttle.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"
#include "base/thread.h"

#include <pthread.h>
#include <sodium.h>

/* More than this waiting are turned away. One address cannot fill it with failures, which stop
 * costing hashes soon; it is room for a client's many connections, which share one hash. */
#define QUEUE_MAX 1024
#define SCRATCH (64u << 10)
#define THREADS_MAX 64

struct auth {
    struct auth_options options;
    struct credential_cache *cache;
    struct throttle *throttle;
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct auth_check *first, **last;
    unsigned waiting;
    bool closing;
};

static void finish(struct auth_check *check, enum problem problem, const char *reason)
{
    check->problem = problem;
    if (problem != PROBLEM_NONE) {
        err_set(&check->err, "%s", reason);
        metric_add(METRIC_AUTH_FAILURES, 1);
    }
    check->done(check);
}

/* For the cache and the throttle: a wall clock that is set must neither keep credentials nor debts.
 */
static int64_t now_ms(const struct auth *auth)
{
    return clock_mono_ns(auth->options.clock) / 1000000;
}

/* Once they are verified. */
static void remember(struct auth *auth, const struct auth_check *check)
{
    int64_t cache_ms = auth->options.cache_ms, wall_ms = clock_wall_ms(auth->options.clock);
    bool ends_sooner = check->ends_on < wall_ms + cache_ms;
    struct credential credential = {
        .account = check->account.id,
        .proof = check->by_password ? credential_proof(auth->cache, &check->account) : 0,
        .ends_on = check->ends_on,
        .expires_ms = now_ms(auth) + (ends_sooner ? check->ends_on - wall_ms : cache_ms)};
    if (auth->options.cache_ms > 0)
        credential_cache_add(auth->cache, check->authorization, &credential);
}

/* The account is looked up anew each time: disabled, deleted or changed ones take effect at once.
 */
static bool recall(struct auth *auth, struct auth_check *check)
{
    struct credential credential;
    if (!credential_cache_find(auth->cache, check->authorization, now_ms(auth), &credential) ||
        !users_by_id(auth->options.users, &credential.account, &check->account) ||
        check->account.disabled)
        return false;
    if (credential.proof != 0 && credential.proof != credential_proof(auth->cache, &check->account))
        return false;
    check->by_password = credential.proof != 0;
    check->ends_on = credential.ends_on;
    metric_add(METRIC_AUTH_CACHE_HITS, 1);
    return true;
}

/* Unknown and disabled users cost what known ones do: the time an answer takes says nothing about
 * who exists. */
static bool verify_basic(struct auth *auth, struct auth_check *check)
{
    AUTO(arena_release) struct arena scratch;
    struct span name, password;
    arena_init(&scratch, SCRATCH);
    if (!basic_parse(&scratch, check->authorization, &name, &password))
        return false;
    bool known = users_by_name(auth->options.users, name, &check->account);
    bool right = password_verify(known ? check->account.hash : password_decoy(), password);
    sodium_memzero((void *)(uintptr_t)password.ptr, password.len);
    return known && right && !check->account.disabled;
}

static void turn_away(struct auth_check *check, int64_t wait_ms, const char *reason)
{
    check->retry_after = (int)((wait_ms + 999) / 1000);
    metric_add(METRIC_AUTH_THROTTLED, 1);
    finish(check, PROBLEM_TOO_MANY_REQUESTS, reason);
}

/*
 * Many requests with the same credentials may have queued up, as when those of a busy client leave
 * the cache: the first one's hash serves them all, and only what costs a hash counts as an attempt.
 */
static void check_basic(struct auth *auth, struct auth_check *check)
{
    int64_t wait_ms;
    if (recall(auth, check)) {
        finish(check, PROBLEM_NONE, NULL);
    } else if (!throttle_take(auth->throttle, check->address, now_ms(auth), &wait_ms)) {
        turn_away(check, wait_ms, "too many failed attempts from this address");
    } else if (verify_basic(auth, check)) {
        throttle_refund(auth->throttle, check->address);
        check->by_password = true;
        check->ends_on = INT64_MAX;
        remember(auth, check);
        finish(check, PROBLEM_NONE, NULL);
    } else {
        finish(check, PROBLEM_NOT_AUTHENTICATED, "wrong name or password");
    }
}

static struct auth_check *next_check(struct auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    while (auth->first == NULL && !auth->closing)
        pthread_cond_wait(&auth->work, &auth->lock);
    struct auth_check *check = auth->first;
    if (check != NULL) {
        auth->first = check->next;
        auth->waiting--;
        if (auth->first == NULL)
            auth->last = &auth->first;
    }
    pthread_mutex_unlock(&auth->lock);
    return check;
}

static void *work(void *argument)
{
    struct auth *auth = argument;
    for (struct auth_check *check; (check = next_check(auth)) != NULL;)
        check_basic(auth, check);
    return NULL;
}

static void enqueue(struct auth *auth, struct auth_check *check)
{
    pthread_mutex_lock(&auth->lock);
    bool room = auth->waiting < QUEUE_MAX;
    if (room) {
        check->next = NULL;
        *auth->last = check;
        auth->last = &check->next;
        auth->waiting++;
        pthread_cond_signal(&auth->work);
    }
    pthread_mutex_unlock(&auth->lock);
    if (!room)
        turn_away(check, 1000, "too many sign-ins at once");
}

static bool find_principal(struct auth *auth, struct auth_check *check, struct span principal)
{
    struct uuid id;
    return users_by_name(auth->options.users, principal, &check->account) ||
           (uuid_parse(principal, &id) && users_by_id(auth->options.users, &id, &check->account));
}

static void check_token(struct auth *auth, struct auth_check *check, struct span token)
{
    AUTO(arena_release) struct arena scratch;
    struct span principal;
    struct err err = {0};
    int64_t wall_ms = clock_wall_ms(auth->options.clock), ends_on;
    arena_init(&scratch, SCRATCH);
    if (auth->options.jwt == NULL)
        finish(check, PROBLEM_NOT_AUTHENTICATED, "no key set for tokens is configured");
    else if (!jwt_verify(auth->options.jwt, &scratch, token, wall_ms, &principal, &ends_on, &err))
        finish(check, PROBLEM_NOT_AUTHENTICATED, err.text);
    else if (!find_principal(auth, check, principal) || check->account.disabled)
        finish(check, PROBLEM_NOT_AUTHENTICATED, "the token's principal has no account");
    else {
        check->by_password = false;
        check->ends_on = ends_on;
        remember(auth, check);
        finish(check, PROBLEM_NONE, NULL);
    }
}

void auth_check(struct auth *auth, struct auth_check *check)
{
    struct span rest = check->authorization, scheme;
    if (!span_cut(&rest, ' ', &scheme))
        finish(check, PROBLEM_NOT_AUTHENTICATED, "no credentials");
    else if (recall(auth, check))
        finish(check, PROBLEM_NONE, NULL);
    else if (span_is_nocase(scheme, "Basic"))
        enqueue(auth, check);
    else if (span_is_nocase(scheme, "Bearer"))
        check_token(auth, check, span_trim(rest));
    else
        finish(check, PROBLEM_NOT_AUTHENTICATED, "an unknown scheme");
}

static bool start_threads(struct auth *auth, struct err *err)
{
    while (auth->thread_count < auth->options.hashes && auth->thread_count < THREADS_MAX) {
        if (!thread_start(&auth->threads[auth->thread_count], work, auth, err))
            return false;
        auth->thread_count++;
    }
    return true;
}

bool auth_open(const struct auth_options *options, struct auth **ret_auth, struct err *err)
{
    struct auth *auth = mem_need(mem_alloc(1, sizeof(*auth)));
    auth->options = *options;
    auth->last = &auth->first;
    pthread_mutex_init(&auth->lock, NULL);
    pthread_cond_init(&auth->work, NULL);
    auth->cache = credential_cache_new();
    auth->throttle = throttle_new(options->failures);
    bool good = auth->cache != NULL && auth->throttle != NULL && password_decoy()[0] != '\0';
    if (!good)
        err_set(err, "no memory for authentication");
    if (!good || !start_threads(auth, err)) {
        auth_close(auth);
        return false;
    }
    *ret_auth = auth;
    return true;
}

void auth_close(struct auth *auth)
{
    if (auth == NULL)
        return;
    pthread_mutex_lock(&auth->lock);
    auth->closing = true;
    pthread_cond_broadcast(&auth->work);
    pthread_mutex_unlock(&auth->lock);
    for (unsigned i = 0; i < auth->thread_count; i++)
        pthread_join(auth->threads[i], NULL);
    credential_cache_free(auth->cache);
    throttle_free(auth->throttle);
    mem_free(auth);
}
