/* The composition root: makes the parts of a serving jobd, connects them, and takes them apart. */
#include "daemon/app.h"

#include "auth/auth.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "daemon/accounts.h"
#include "daemon/limits.h"
#include "http/routes.h"
#include "http/server.h"
#include "service/feed.h"
#include "service/leases.h"
#include "service/outage.h"
#include "service/service.h"
#include "service/session_watch.h"
#include "service/sessions.h"
#include "service/timer.h"
#include "service/watch.h"
#include "store/store.h"
#include "version.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define PEM_MAX (1u << 20)

/* In the order they are made; taken apart in the reverse one. NULL: not made. */
struct app {
    const struct config *config;
    struct store *store;
    struct users *users;
    struct accounts *accounts;
    struct jwks *jwks;
    struct jwt *jwt;
    struct auth *auth;
    struct timer *timer;
    struct leases *leases;
    struct outage *outage;
    struct watch *watch;
    struct sessions *sessions;
    struct session_watch *session_watch;
    struct feed *feed;
    struct service service;
    char *tls_cert, *tls_key;
    unsigned connections_max;
    struct server *server;
};

/* Set by the second signal; outlives the server and the thread that sets it. */
static _Atomic bool hurry;

static bool open_tokens(struct app *app, struct err *err)
{
    const struct config *config = app->config;
    struct jwt_options options = {.algorithms = config->jwt_algorithms,
                                  .types = config->jwt_types,
                                  .issuer = config->jwt_issuer,
                                  .audience = config->jwt_audience,
                                  .principal = config->jwt_principal,
                                  .skew_ms = config->jwt_skew};
    return config->jwt_jwks == NULL ||
           (jwks_open(config->jwt_jwks, &clock_system, &app->jwks, err) &&
            jwt_new(&options, app->jwks, &app->jwt, err));
}

static bool open_auth(struct app *app, struct err *err)
{
    struct auth_options options = {.clock = &clock_system,
                                   .users = app->users,
                                   .jwt = app->jwt,
                                   .cache_ms = app->config->auth_cache,
                                   .hashes = (unsigned)app->config->password_hashes,
                                   .failures = (unsigned)app->config->auth_failures};
    return auth_open(&options, &app->auth, err);
}

static bool read_pem(const char *path, char **ret_text, struct err *err)
{
    if (path == NULL)
        return true;
    AUTO(buf_release) struct buf text = BUF(PEM_MAX);
    if (!file_read(path, &text, err))
        return false;
    *ret_text = buf_take(&text, NULL);
    return *ret_text != NULL || err_set(err, "%s is empty", path);
}

static unsigned thread_count(const struct config *config)
{
    long processors = config->threads > 0 ? (long)config->threads : sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > 64 ? 64 : (unsigned)processors;
}

static bool open_server(struct app *app, struct err *err)
{
    const struct config *config = app->config;
    if (!read_pem(config->tls_cert, &app->tls_cert, err) ||
        !read_pem(config->tls_key, &app->tls_key, err))
        return false;
    struct server_options options = {
        .listen = config->listen,
        .tls_cert = app->tls_cert,
        .tls_key = app->tls_key,
        .secure_cookies = config->session_cookie_secure || app->tls_cert != NULL,
        .threads = thread_count(config),
        .connections_max = app->connections_max,
        .connections_per_address_max = (unsigned)config->max_connections_per_address,
        .head_timeout_ms = config->head_timeout,
        .body_timeout_ms = config->body_timeout,
        .idle_timeout_ms = config->idle_timeout,
        .clock = &clock_system,
        .auth = app->auth,
        .service = &app->service,
        .routes = routes,
        .route_count = route_count};
    return server_start(&options, &app->server, err);
}

static bool app_open(struct app *app, struct err *err)
{
    struct store_options store_options = {.clock = &clock_system, .daemon = true};
    app->users = mem_need(users_new());
    if (!store_open(app->config->store, &store_options, &app->store, err) ||
        !accounts_follow(app->store, app->users, &app->accounts, err) || !open_tokens(app, err) ||
        !open_auth(app, err))
        return false;
    if (!timer_start(&clock_system, &app->timer, err))
        return false;
    outage_start(app->store, app->timer, &app->outage);
    leases_start(app->store, app->timer, &app->leases);
    watch_start(app->store, app->timer, &app->watch);
    session_watch_start(app->store, app->timer, &app->session_watch);
    app->sessions = mem_need(sessions_new(app->config->session_lifetime));
    struct feed_options feed_options = {.readers_max = (size_t)app->config->max_event_readers,
                                        .stalled_after_ms = app->config->stalled_after};
    if (!feed_start(app->store, &clock_system, &feed_options, &app->feed, err))
        return false;
    app->service = (struct service){.store = app->store,
                                    .users = app->users,
                                    .clock = &clock_system,
                                    .leases = app->leases,
                                    .outage = app->outage,
                                    .watch = app->watch,
                                    .sessions = app->sessions,
                                    .session_watch = app->session_watch,
                                    .feed = app->feed,
                                    .stalled_after_ms = app->config->stalled_after};
    return open_server(app, err);
}

/* Who waits would hold the server up; those that ask must be answered before it is gone. */
static void app_close(struct app *app)
{
    leases_drain(app->leases);
    watch_drain(app->watch);
    feed_drain(app->feed);
    if (app->server != NULL)
        server_stop(app->server, app->config->drain_timeout, &hurry);
    feed_stop(app->feed);
    session_watch_stop(app->session_watch);
    watch_stop(app->watch);
    leases_stop(app->leases);
    outage_stop(app->outage);
    timer_stop(app->timer);
    sessions_free(app->sessions);
    auth_close(app->auth);
    jwt_free(app->jwt);
    jwks_close(app->jwks);
    accounts_stop(app->accounts);
    store_close(app->store);
    users_free(app->users);
    mem_free(app->tls_cert);
    mem_free(app->tls_key);
}

static void stop_signals(sigset_t *ret_set)
{
    sigemptyset(ret_set);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGINT);
}

static void *await_second_signal(void *argument)
{
    (void)argument;
    int number;
    sigset_t set;
    stop_signals(&set);
    sigwait(&set, &number);
    atomic_store(&hurry, true);
    return NULL;
}

/* All threads inherit the mask, so the signals wait for whoever asks for them. */
static void block_signals(void)
{
    sigset_t set;
    stop_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void await_stop(void)
{
    int number;
    sigset_t set;
    pthread_t second; /* unlike other threads it waits for signals */
    stop_signals(&set);
    sigwait(&set, &number);
    log_event(LOG_INFO, "stopping", LOG_F_STR("signal", number == SIGTERM ? "TERM" : "INT"));
    if (pthread_create(&second, NULL, await_second_signal, NULL) == 0)
        pthread_detach(second);
}

bool app_serve(const struct config *config, struct err *err)
{
    struct app app = {.config = config};
    char store[STORE_NAME_SIZE];
    store_name(config->store, store);
    block_signals();
    app.connections_max = limits_connections((unsigned)config->max_connections);
    bool good = app_open(&app, err);
    if (good) {
        log_event(LOG_INFO, "listening", LOG_F_STR("address", server_address(app.server)),
                  LOG_F_STR("store", store), LOG_F_STR("version", JOBD_VERSION));
        await_stop();
    }
    app_close(&app);
    if (good)
        log_event(LOG_INFO, "stopped", LOG_F_STR("store", store));
    return good;
}
