/* The HTTP server: connections in, answers out; nothing else sees libmicrohttpd. */
#include "http/server.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "http/exchange.h"
#include "http/intake.h"
#include "http/linger.h"
#include "http/listen.h"
#include "http/peer.h"
#include "http/response.h"
#include "http/stream.h"
#include "http/traffic.h"
#include "http/watchdog.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A connection's memory in libmicrohttpd: the head and the list of its headers must fit. It clears
 * all of it for each request, so more costs time (its default of 32 KiB costs more than everything
 * else).
 */
#define CONNECTION_MEMORY (16u << 10)

/* What a client of HTTP/1.0, which knows no chunks, gets of a stream at once. */
#define STREAM_BLOCK 1024u

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct watchdog *watchdog;
    struct lingering *lingering;
    struct exchange_pool pool;
    struct traffic traffic;
    _Atomic bool stopping;
    char address[LISTEN_ADDRESS_SIZE];
};

/*
 * In place of the C library's, for libmicrohttpd. When that is given as many events as it asked for
 * (128), it waits for more before it looks at any: so many clients that send at the same moment,
 * over and over, would not be heard until somebody else sends. It never gets as many as it asks
 * for here; what is left over comes next time.
 */
__attribute__((visibility("default"))) int epoll_wait(int fd, struct epoll_event *events, int max,
                                                      int timeout)
{
    return epoll_pwait(fd, events, max > 1 ? max - 1 : max, timeout, NULL);
}

/*
 * Likewise, for the whole process. When libmicrohttpd is to listen no more, two of its threads may
 * each take the listening socket out of a set, and 0.9.75 aborts where the second one does so in
 * the loop over the pool of MHD_quiesce_daemon, or in MHD_epoll at the connection limit; at the
 * other two places it lets ENOENT pass. This can go once it does at all four.
 */
__attribute__((visibility("default"))) int epoll_ctl(int set, int operation, int fd,
                                                     struct epoll_event *event)
{
    long result = syscall(SYS_epoll_ctl, set, operation, fd, event);

    return result < 0 && operation == EPOLL_CTL_DEL && errno == ENOENT ? 0 : (int)result;
}

struct span request_header(struct request *request, const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    MHD_lookup_connection_value_n(exchange_of(request)->mhd, MHD_HEADER_KIND, name, strlen(name),
                                  &value, &len);
    return (struct span){value, len};
}

struct named {
    const char *name;
    struct span value;
};

static enum MHD_Result keep_named(void *cls, enum MHD_ValueKind kind, const char *name,
                                  size_t name_len, const char *value, size_t value_len)
{
    struct named *last = cls;
    (void)kind;
    if (span_is_nocase((struct span){name, name_len}, last->name))
        last->value = (struct span){value, value_len};
    return MHD_YES;
}

struct span request_header_last(struct request *request, const char *name)
{
    struct named last = {.name = name};
    MHD_get_connection_values_n(exchange_of(request)->mhd, MHD_HEADER_KIND, keep_named, &last);
    return last.value;
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
    atomic_fetch_sub(&server->traffic.suspended, 1);
}

/* The exchange may be gone once the wake is published: what is needed later is read before. */
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
    struct pollfd poll_fd = {.fd = exchange_of(request)->peer->watched.fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0;
}

static void expect(struct exchange *exchange, int64_t timeout_ms)
{
    watchdog_expect(exchange->server->watchdog, &exchange->peer->watched, timeout_ms);
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

/* Suspends until request_wake, unless that has come already. */
static enum MHD_Result suspend(struct exchange *exchange)
{
    int expected = WAKE_NOT_YET;
    expect(exchange, -1);
    atomic_fetch_add(&exchange->server->traffic.suspended, 1);
    MHD_suspend_connection(exchange->mhd);
    if (!atomic_compare_exchange_strong(&exchange->wake, &expected, WAKE_SUSPENDED))
        resume(exchange->server, exchange->mhd);
    return MHD_YES;
}

/* Called when what it yielded before has been taken, which must not last for ever. */
static ssize_t on_content(void *cls, uint64_t position, char *bytes, size_t room)
{
    struct exchange *exchange = cls;
    (void)position;
    atomic_store(&exchange->wake, WAKE_NOT_YET);
    ssize_t len = stream_read(&exchange->request, bytes, room);
    if (len == 0)
        suspend(exchange);
    else
        expect(exchange, exchange->server->options.body_timeout_ms);
    return len < 0 ? MHD_CONTENT_READER_END_OF_STREAM : len;
}

/*
 * Nobody notices that the other side is gone without a word while there is nothing to send; when
 * there is, this bounds how long it is sent again.
 */
static void bound_sending(const struct exchange *exchange)
{
    unsigned ms = (unsigned)exchange->server->options.body_timeout_ms;
    setsockopt(exchange->peer->watched.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

/* The bytes stay in the exchange until on_completed: nothing is copied. */
static struct MHD_Response *make_answer(struct exchange *exchange)
{
    struct response *response = &exchange->request.response;
    if (response->stream != NULL) {
        bound_sending(exchange);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_content,
                                                 exchange, NULL);
    }
    struct span bytes = response->fixed.ptr != NULL ? response->fixed : buf_span(&response->body);
    return MHD_create_response_from_buffer(bytes.len, (void *)(uintptr_t)bytes.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result queue_response(struct exchange *exchange)
{
    const struct response *response = &exchange->request.response;
    if (buf_failed(&response->body))
        respond_failure(&exchange->request);
    struct MHD_Response *answer = make_answer(exchange);
    if (answer == NULL)
        return MHD_NO;
    add_headers(answer, exchange);
    expect(exchange, exchange->server->options.body_timeout_ms);
    enum MHD_Result result = MHD_queue_response(exchange->mhd, (unsigned)response->status, answer);
    MHD_destroy_response(answer);
    return result;
}

/*
 * libmicrohttpd closes the connection after an answer given before the whole request was read. So
 * that it may go on, answers wait for the end of the body, unless too much of it is to come,
 * nothing more is to be believed, or the client asked before sending it.
 */
static bool may_answer(const struct exchange *exchange)
{
    return exchange->stage == STAGE_HANDLE || exchange->request.response.close ||
           exchange->gate.length > INTAKE_AWAIT_MAX || exchange->gate.expects;
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
    gate_target(&exchange->gate, exchange->request.path);
    gate_target(&exchange->gate, exchange->request.query);
    MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, show_header, &exchange->gate);
    intake_open(exchange, method, version);
}

/* NOLINTNEXTLINE(readability-function-size): the library's signature. */
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
    exchange->peer = info->socket_context;
    exchange->mhd = mhd;
    exchange->request.service = server->options.service;
    exchange->started_ns = clock_mono_ns(server->options.clock);
    struct span rest = arena_span(&exchange->request.arena, span_of(target));
    if (rest.ptr != NULL && span_cut(&rest, '?', &exchange->request.path))
        exchange->request.query = rest;
    hide_query(target);
    atomic_fetch_add(&server->traffic.in_flight, 1);
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
    stream_close(&exchange->request);
    if (gate_has_body(&exchange->gate) && exchange->stage != STAGE_HANDLE &&
        !intake_overrun(exchange))
        linger_add(server->lingering, exchange->peer->watched.fd);
    expect(exchange, server->options.idle_timeout_ms);
    exchange_put(&server->pool, exchange);
    *context = NULL;
    atomic_fetch_sub(&server->traffic.in_flight, 1);
}

static struct peer *open_peer(struct server *server, struct MHD_Connection *mhd)
{
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return peer_open(server->watchdog, fd, peer != NULL ? peer->client_addr : NULL,
                     server->options.idle_timeout_ms);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = open_peer(server, mhd);
        return;
    }
    struct peer *peer = *context;
    if (peer == NULL)
        return;
    peer_close(peer, server->watchdog);
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
    /* Strict, it would refuse a missing Host itself, and send the head of that answer twice. */
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL};
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

void server_stop(struct server *server, int64_t timeout_ms, const _Atomic bool *hurry)
{
    atomic_store(&server->stopping, true);
    int fd = MHD_quiesce_daemon(server->daemon);
    /* Refused at once, rather than queued for an answer that never comes. */
    shutdown(fd, SHUT_RDWR);
    traffic_await_quiet(&server->traffic, server->options.clock, timeout_ms, hurry);
    /* These outlast every limit, but not for long: the store and auth answer each call, and
     * MHD_stop_daemon bears none. */
    traffic_await_resumed(&server->traffic);
    MHD_stop_daemon(server->daemon);
    if (fd >= 0)
        close(fd);
    if (strncmp(server->address, "unix:", 5) == 0)
        unlink(server->address + 5);
    server_free(server);
}
