/* The HTTP server: connections in, answers out; nothing else sees libmicrohttpd. */
#include "http/server.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"
#include "http/exchange.h"
#include "http/intake.h"
#include "http/linger.h"
#include "http/listen.h"
#include "http/response.h"
#include "http/watchdog.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * A connection's memory in libmicrohttpd: the head and the list of its headers must fit. It clears
 * all of it for each request, so more costs time (its default of 32 KiB costs more than everything
 * else).
 */
#define CONNECTION_MEMORY (16u << 10)

/* A server counts as quiet when nothing was in flight for so long. */
#define QUIET_MS 100

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct watchdog *watchdog;
    struct lingering *lingering;
    struct exchange_pool pool;
    _Atomic int in_flight, suspended;
    _Atomic bool stopping;
    char address[LISTEN_ADDRESS_SIZE];
};

struct span request_header(struct request *request, const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    MHD_lookup_connection_value_n(exchange_of(request)->mhd, MHD_HEADER_KIND, name, strlen(name),
                                  &value, &len);
    return (struct span){value, len};
}

void request_pause(struct request *request, void (*resume)(struct request *request))
{
    atomic_store(&exchange_of(request)->wake, WAKE_NOT_YET);
    request->resume = resume;
}

/* From here on the connection may be served, or found closed, by its thread. */
static void resume(struct server *server, struct MHD_Connection *mhd)
{
    MHD_resume_connection(mhd);
    atomic_fetch_sub(&server->suspended, 1);
}

/* The exchange may be gone as soon as the wake is published: what is needed later is read before.
 */
void request_wake(struct request *request)
{
    struct exchange *exchange = exchange_of(request);
    struct server *server = exchange->server;
    struct MHD_Connection *mhd = exchange->mhd;
    if (atomic_exchange(&exchange->wake, WAKE_DONE) == WAKE_SUSPENDED)
        resume(server, mhd);
}

/* A half-closed connection counts: nobody who waits for an answer hangs up. */
bool request_client_gone(struct request *request)
{
    struct pollfd poll_fd = {.fd = exchange_of(request)->connection->watched.fd,
                             .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0;
}

static void expect(struct exchange *exchange, int64_t timeout_ms)
{
    watchdog_expect(exchange->server->watchdog, &exchange->connection->watched, timeout_ms);
}

static void add_headers(struct MHD_Response *answer, const struct exchange *exchange)
{
    const struct response *response = &exchange->request.response;
    if (response->content_type != NULL)
        MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    for (size_t i = 0; i < response->header_count; i++)
        MHD_add_response_header(answer, response->headers[i].name, response->headers[i].value);
    if (response->close || atomic_load(&exchange->server->stopping))
        MHD_add_response_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The bytes stay in the exchange until on_completed: nothing is copied. */
static enum MHD_Result queue_response(struct exchange *exchange)
{
    struct response *response = &exchange->request.response;
    if (buf_failed(&response->body))
        respond_problem(&exchange->request, PROBLEM_INTERNAL, NULL);
    struct span bytes = response->fixed.ptr != NULL ? response->fixed : buf_span(&response->body);
    struct MHD_Response *answer = MHD_create_response_from_buffer(
        bytes.len, (void *)(uintptr_t)bytes.ptr, MHD_RESPMEM_PERSISTENT);
    if (answer == NULL)
        return MHD_NO;
    add_headers(answer, exchange);
    expect(exchange, exchange->server->options.body_timeout_ms);
    enum MHD_Result result = MHD_queue_response(exchange->mhd, (unsigned)response->status, answer);
    MHD_destroy_response(answer);
    return result;
}

/* Suspends until request_wake, unless that has come already. */
static enum MHD_Result suspend(struct exchange *exchange)
{
    int expected = WAKE_NOT_YET;
    expect(exchange, -1);
    atomic_fetch_add(&exchange->server->suspended, 1);
    MHD_suspend_connection(exchange->mhd);
    if (!atomic_compare_exchange_strong(&exchange->wake, &expected, WAKE_SUSPENDED))
        resume(exchange->server, exchange->mhd);
    return MHD_YES;
}

/*
 * libmicrohttpd closes the connection after an answer given before the whole request was read. So
 * that it may go on, answers wait for the end of the body, unless too much of it is to come,
 * nothing more is to be believed, or the client asked before sending it.
 */
static bool may_answer(const struct exchange *exchange)
{
    return exchange->stage == STAGE_HANDLE || exchange->request.response.close ||
           exchange->gate.length > INTAKE_DISCARD_MAX || exchange->gate.expects;
}

/* Goes on until the exchange waits for somebody or for its body, or has its answer. */
static enum MHD_Result settle(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    while (request->resume != NULL) {
        if (atomic_load(&exchange->wake) != WAKE_DONE)
            return suspend(exchange);
        void (*go_on)(struct request *) = request->resume;
        request->resume = NULL;
        go_on(request);
    }
    if (request->response.status != 0 && may_answer(exchange))
        return queue_response(exchange);
    expect(exchange, exchange->server->options.body_timeout_ms);
    return MHD_YES;
}

static enum MHD_Result show_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    gate_header(cls, (struct span){name, name_len}, (struct span){value, value_len});
    return MHD_YES;
}

/* What the gate has to see is only to be had here. */
static void open_request(struct exchange *exchange, const char *method, const char *version)
{
    exchange->gate.size = exchange->request.path.len + exchange->request.query.len;
    MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, show_header, &exchange->gate);
    intake_open(exchange, method, version);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    (void)cls, (void)mhd, (void)url;
    struct exchange *exchange = *context;
    if (exchange == NULL)
        return MHD_NO;
    if (exchange->request.resume != NULL)
        return settle(exchange);
    if (exchange->stage == STAGE_HEAD) {
        open_request(exchange, method, version);
        return settle(exchange);
    }
    if (*upload_size > 0) {
        size_t len = *upload_size;
        *upload_size = 0;
        return intake_body(exchange, upload, len) ? MHD_YES : MHD_NO;
    }
    intake_end(exchange);
    return settle(exchange);
}

/*
 * The query is for us alone: libmicrohttpd would take it apart into a list in the connection's
 * memory, and where that is too small it can neither go on nor say so. `target` lies there too.
 */
static void hide_query(const char *target)
{
    char *query = strchr((char *)(uintptr_t)target, '?');
    if (query != NULL)
        memset(query, '\0', strlen(query));
}

/* The first word of a new request: its target, as it came. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct server *server = cls;
    struct exchange *exchange = exchange_take(&server->pool);
    if (exchange == NULL)
        return NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    exchange->server = server;
    exchange->options = &server->options;
    exchange->connection = info->socket_context;
    exchange->mhd = mhd;
    exchange->request.service = server->options.service;
    exchange->started_ns = clock_mono_ns(server->options.clock);
    struct span rest = arena_span(&exchange->request.arena, span_of(target));
    if (rest.ptr != NULL && span_cut(&rest, '?', &exchange->request.path))
        exchange->request.query = rest;
    hide_query(target);
    atomic_fetch_add(&server->in_flight, 1);
    expect(exchange, server->options.head_timeout_ms);
    return exchange;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)mhd, (void)code;
    struct server *server = cls;
    struct exchange *exchange = *context;
    if (exchange == NULL)
        return;
    exchange_account(exchange, clock_mono_ns(server->options.clock));
    if (gate_has_body(&exchange->gate) && exchange->stage != STAGE_HANDLE)
        linger_add(server->lingering, exchange->connection->watched.fd);
    expect(exchange, server->options.idle_timeout_ms);
    exchange_put(&server->pool, exchange);
    *context = NULL;
    atomic_fetch_sub(&server->in_flight, 1);
}

/* Empty for a Unix socket. */
static void describe_peer(struct MHD_Connection *mhd, char address[static INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    address[0] = '\0';
    if (info == NULL || info->client_addr == NULL)
        return;
    if (info->client_addr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, info->client_addr, sizeof(in));
        inet_ntop(AF_INET, &in.sin_addr, address, INET6_ADDRSTRLEN);
    } else if (info->client_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, info->client_addr, sizeof(in6));
        inet_ntop(AF_INET6, &in6.sin6_addr, address, INET6_ADDRSTRLEN);
    }
}

static void open_connection(struct server *server, struct MHD_Connection *mhd, void **context)
{
    struct connection *connection = mem_need(mem_alloc(1, sizeof(*connection)));
    connection->watched.fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    describe_peer(mhd, connection->address);
    watchdog_expect(server->watchdog, &connection->watched, server->options.idle_timeout_ms);
    watchdog_watch(server->watchdog, &connection->watched);
    metric_add(METRIC_HTTP_CONNECTIONS, 1);
    *context = connection;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(server, mhd, context);
        return;
    }
    struct connection *connection = *context;
    if (connection == NULL)
        return;
    watchdog_unwatch(server->watchdog, &connection->watched);
    metric_add(METRIC_HTTP_CONNECTIONS, -1);
    mem_free(connection);
    *context = NULL;
}

/* The target is decoded by us, once and strictly, not by libmicrohttpd. */
static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls, (void)mhd;
    return strlen(text);
}

static void on_library_log(void *cls, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void on_library_log(void *cls, const char *format, va_list arguments)
{
    (void)cls;
    char line[256];
    if (!log_enabled(LOG_DEBUG))
        return;
    vsnprintf(line, sizeof(line), format, arguments);
    log_event(LOG_DEBUG, "http", LOG_F_STR("detail", line));
}

/* libmicrohttpd takes its options as triples of name, number and pointer. */
static size_t fill_options(struct server *server, struct MHD_OptionItem *items)
{
    const struct server_options *options = &server->options;
    size_t n = 0;
    items[n++] =
        (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT,
                                         (intptr_t)options->connections_max, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                                         (intptr_t)options->connections_per_address_max, NULL};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL};
    if (options->threads > 1)
        items[n++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)options->threads, NULL};
    if (options->tls_cert != NULL) {
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                             (void *)(uintptr_t)options->tls_cert};
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
                                             (void *)(uintptr_t)options->tls_key};
    }
    items[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return n;
}

static bool start_daemon(struct server *server, int fd, struct err *err)
{
    struct MHD_OptionItem items[12];
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG | MHD_USE_ITC;
    if (server->options.tls_cert != NULL)
        flags |= MHD_USE_TLS;
    fill_options(server, items);
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY,
        items, MHD_OPTION_END);
    return server->daemon != NULL ||
           err_set(err, "cannot start the HTTP server on %s", server->address);
}

static void server_free(struct server *server)
{
    watchdog_stop(server->watchdog);
    linger_stop(server->lingering);
    exchange_pool_release(&server->pool);
    mem_free(server);
}

bool server_start(const struct server_options *options, struct server **ret_server, struct err *err)
{
    int fd = -1;
    struct server *server = mem_need(mem_alloc(1, sizeof(*server)));
    server->options = *options;
    exchange_pool_init(&server->pool);
    if (!listen_open(options->listen, &fd, server->address, err) ||
        !watchdog_start(options->clock, &server->watchdog, err) ||
        !linger_start(options->clock, &server->lingering, err) || !start_daemon(server, fd, err)) {
        if (fd >= 0)
            close(fd);
        server_free(server);
        return false;
    }
    *ret_server = server;
    return true;
}

const char *server_address(const struct server *server)
{
    return server->address;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/*
 * A request may lie in a socket's buffer, sent but not read yet: only when nothing has been in
 * flight for a moment has everything that was sent before been answered.
 */
static void wait_until_quiet(struct server *server, int64_t timeout_ms, const _Atomic bool *hurry)
{
    const struct clock *clock = server->options.clock;
    int64_t now = clock_mono_ns(clock), end = now + timeout_ms * 1000000, quiet_since = now;
    while (now < end && now - quiet_since < QUIET_MS * INT64_C(1000000) && !atomic_load(hurry)) {
        nap();
        now = clock_mono_ns(clock);
        if (atomic_load(&server->in_flight) > 0)
            quiet_since = now;
    }
}

/* Suspended exchanges outlast every limit, but not for long: the store and auth answer each call,
 * and MHD_stop_daemon bears none. */
static void wait_until_resumed(struct server *server)
{
    while (atomic_load(&server->suspended) > 0)
        nap();
}

void server_stop(struct server *server, int64_t timeout_ms, const _Atomic bool *hurry)
{
    atomic_store(&server->stopping, true);
    int fd = MHD_quiesce_daemon(server->daemon);
    /* Refused at once, rather than queued for an answer that never comes. */
    shutdown(fd, SHUT_RDWR);
    wait_until_quiet(server, timeout_ms, hurry);
    wait_until_resumed(server);
    MHD_stop_daemon(server->daemon);
    if (fd >= 0)
        close(fd);
    if (strncmp(server->address, "unix:", 5) == 0)
        unlink(server->address + 5);
    server_free(server);
}
