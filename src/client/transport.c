/* One HTTP call: a method, a path and a body out, a status and a body back. */
#include "client/transport.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/scope.h"
#include "client/sigpipe.h"
#include "version.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#define TIMEOUT_MS 10000L
#define STANDARD_URL "http://127.0.0.1:8080"
#define UNIX_PREFIX "unix:"

struct transport {
    CURL *curl;
    char *url; /* as the user knows it */
    const char *base; /* what goes before each path */
    long timeout_ms; /* for a call */
    _Atomic int64_t deadline; /* monotonic; INT64_MAX: none */
    struct exchange_call *call; /* the one under way */
    int64_t heard; /* when it last brought anything */
    char reason[CURL_ERROR_SIZE];
};

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool succeeds(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300;
}

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    struct transport *transport = context;
    struct exchange_call *call = transport->call;
    size_t len = size * count;
    transport->heard = clock_mono_ns(&clock_system);
    if (call->take != NULL && succeeds(transport->curl)) {
        call->taken = !call->take(call->take_context, (struct span){bytes, len});
        transport->heard = clock_mono_ns(&clock_system);
        return call->taken ? CURL_WRITEFUNC_ERROR : len;
    }
    buf_add(&call->answer, bytes, len);
    return buf_failed(&call->answer) ? CURL_WRITEFUNC_ERROR : len;
}

/* curl's own limit of a low speed takes a byte every few seconds for none. */
static int watch(void *context, curl_off_t to_get, curl_off_t got, curl_off_t to_put,
                 curl_off_t put)
{
    const struct transport *transport = context;
    int64_t now = clock_mono_ns(&clock_system);
    (void)to_get, (void)got, (void)to_put, (void)put;
    const struct exchange_call *call = transport->call;
    return now >= atomic_load(&transport->deadline) ||
           (call->stop != NULL && atomic_load(call->stop)) ||
           (call->take != NULL && now - transport->heard >= call->silence_ns);
}

/* Whoever else of this program starts processes must not hand our connections on. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context, (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool set_credentials(CURL *curl, const struct jobd_settings *settings)
{
    if (settings->token != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        return curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, settings->token) == CURLE_OK;
    }
    if (settings->user == NULL)
        return true;
    const char *password = settings->password != NULL ? settings->password : "";
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    return curl_easy_setopt(curl, CURLOPT_USERNAME, settings->user) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PASSWORD, password) == CURLE_OK;
}

/* Credentials never follow a redirect: none is followed. */
static bool set_options(struct transport *transport, const struct jobd_settings *settings)
{
    CURL *curl = transport->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "libjobd/" JOBD_VERSION);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transport->reason);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transport);
    return set_credentials(curl, settings);
}

/* What is on this machine is never asked for through a proxy of the network's. */
static bool is_near(const char *url)
{
    static const char *const hosts[] = {"127.", "localhost", "[::1]"};
    const char *host = strstr(url, "://");
    for (size_t i = 0; host != NULL && i < ARRAY_SIZE(hosts); i++)
        if (strncmp(host + 3, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0;
}

static bool set_url(struct transport *transport, const char *url)
{
    transport->url = mem_strdup(url);
    if (transport->url == NULL)
        return false;
    for (size_t len = strlen(transport->url); len > 0 && transport->url[len - 1] == '/';)
        transport->url[--len] = '\0';
    transport->base = transport->url;
    if (is_near(url))
        curl_easy_setopt(transport->curl, CURLOPT_PROXY, "");
    if (strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) != 0)
        return true;
    transport->base = "http://localhost";
    return curl_easy_setopt(transport->curl, CURLOPT_UNIX_SOCKET_PATH,
                            transport->url + strlen(UNIX_PREFIX)) == CURLE_OK;
}

/* The address is shown and kept, so it must not be a place for a password. */
static bool url_check(const char *url, struct err *err)
{
    if (strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return true;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return err_set(
            err, "the server's address must begin with http://, https:// or unix:, not %.100s",
            url);
    if (strpbrk(url, "@?#") != NULL)
        return err_set(err, "the server's address is HOST:PORT and perhaps a path; credentials and "
                            "parameters do not belong there");
    return true;
}

static struct transport *make(const struct jobd_settings *settings, const char *url)
{
    struct transport *transport = mem_alloc(1, sizeof(*transport));
    if (transport == NULL)
        return NULL;
    transport->deadline = INT64_MAX;
    transport->timeout_ms = settings->timeout_ms > 0 ? settings->timeout_ms : TIMEOUT_MS;
    transport->curl = curl_easy_init();
    if (transport->curl != NULL && set_options(transport, settings) && set_url(transport, url))
        return transport;
    transport_free(transport);
    return NULL;
}

struct transport *transport_new(const struct jobd_settings *settings, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *url = settings->url != NULL ? settings->url : STANDARD_URL;
    pthread_once(&once, init_curl);
    if (!url_check(url, err))
        return NULL;
    struct transport *transport = make(settings, url);
    if (transport == NULL)
        err_set(err, "no memory for a client");
    return transport;
}

void transport_free(struct transport *transport)
{
    if (transport == NULL)
        return;
    curl_easy_cleanup(transport->curl);
    mem_free(transport->url);
    mem_free(transport);
}

const char *transport_url(const struct transport *transport)
{
    return transport->url;
}

/* Who sets a deadline means to end soon: a name that does not resolve must not hold it up either.
 */
void transport_set_deadline(struct transport *transport, int64_t mono_ns)
{
    atomic_store(&transport->deadline, mono_ns);
}

static void free_headers(struct curl_slist **headers)
{
    curl_slist_free_all(*headers);
}

static bool add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer != NULL)
        *headers = longer;
    return longer != NULL;
}

/* A short body is sent at once: waiting for "100 Continue" only costs time. */
static bool make_headers(const struct exchange_call *call, struct curl_slist **headers)
{
    AUTO(buf_release) struct buf line = BUF(512);
    buf_printf(&line, "Accept: %s", call->accept != NULL ? call->accept : "*/*");
    if (buf_failed(&line) || !add_header(headers, line.ptr) || !add_header(headers, "Expect:"))
        return false;
    buf_clear(&line);
    if (call->body.ptr != NULL) {
        buf_printf(&line, "Content-Type: %s",
                   call->body_type != NULL ? call->body_type : "application/json");
        if (buf_failed(&line) || !add_header(headers, line.ptr))
            return false;
        buf_clear(&line);
    }
    if (call->idempotency_key != NULL) {
        buf_printf(&line, "Idempotency-Key: %s", call->idempotency_key);
        if (buf_failed(&line) || !add_header(headers, line.ptr))
            return false;
    }
    if (call->fence == 0)
        return true;
    buf_clear(&line);
    buf_printf(&line, "Lease-Fence: %" PRId64, call->fence);
    return !buf_failed(&line) && add_header(headers, line.ptr);
}

static bool make_conditions(const struct exchange_call *call, struct curl_slist **headers)
{
    AUTO(buf_release) struct buf line = BUF(128), preference = BUF(64);
    if (call->known == NULL)
        return true;
    buf_printf(&line, "If-None-Match: %s", call->known);
    buf_printf(&preference, "Prefer: wait=%d", call->wait_seconds);
    return !buf_failed(&line) && !buf_failed(&preference) && add_header(headers, line.ptr) &&
           add_header(headers, preference.ptr);
}

static void set_call(struct transport *transport, const char *url, struct exchange_call *call,
                     const struct curl_slist *headers)
{
    CURL *curl = transport->curl;
    long all = call->take != NULL ? 0 : transport->timeout_ms + call->wait_seconds * 1000L;
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, all);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, transport->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transport);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (call->body.ptr != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.ptr);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    transport->call = call;
    transport->heard = clock_mono_ns(&clock_system);
}

static struct span header_of(CURL *curl, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return (struct span){0};
    return span_of(header->value);
}

static void read_outcome(CURL *curl, struct exchange_call *call)
{
    long status = 0;
    curl_off_t wait = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
    call->status = (int)status;
    call->retry_after = (int)(wait > 3600 ? 3600 : wait);
    if (!parse_int(header_of(curl, "Log-Next-Offset"), 0, INT64_MAX, &call->log_next))
        call->log_next = -1;
    struct span etag = header_of(curl, "ETag");
    if (etag.len < sizeof(call->etag) && etag.len > 0)
        memcpy(call->etag, etag.ptr, etag.len + 1);
    call->log_complete = span_is(header_of(curl, "Log-Complete"), "true");
}

static CURLcode perform(struct transport *transport)
{
    struct sigpipe guard;
    transport->reason[0] = '\0';
    curl_easy_setopt(
        transport->curl, CURLOPT_QUICK_EXIT,
        (long)(atomic_load(&transport->deadline) != INT64_MAX || transport->call->stop != NULL));
    sigpipe_hold(&guard);
    CURLcode code = curl_easy_perform(transport->curl);
    sigpipe_let_go(&guard);
    return code;
}

bool transport_call(struct transport *transport, struct exchange_call *call, struct err *err)
{
    AUTO(free_headers) struct curl_slist *headers = NULL;
    AUTO(buf_release) struct buf url = BUF(64u << 10);
    buf_printf(&url, "%s%s", transport->base, call->path);
    if (!make_headers(call, &headers) || !make_conditions(call, &headers) || buf_failed(&url))
        return err_set(err, "no memory for a call");
    set_call(transport, url.ptr, call, headers);
    CURLcode code = perform(transport);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(err, "cannot reach %.120s: no answer in time", transport->url);
    if (code != CURLE_OK && !call->taken)
        return err_set(err, "cannot reach %.120s: %s", transport->url,
                       transport->reason[0] != '\0' ? transport->reason : curl_easy_strerror(code));
    read_outcome(transport->curl, call);
    return true;
}

void transport_escape(struct buf *out, const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, (int)strlen(text));
    if (escaped != NULL)
        buf_add_str(out, escaped);
    else
        out->failed = true;
    curl_free(escaped);
}
