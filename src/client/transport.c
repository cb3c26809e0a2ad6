/* One HTTP call: a method, a path and a body out, a status and a body back. */
#include "client/transport.h"

#include "base/mem.h"
#include "base/scope.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000L
#define UNIX_PREFIX "unix:"

struct transport {
    CURL *curl;
    char *base; /* what goes before each path */
    char reason[CURL_ERROR_SIZE];
};

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    buf_add(context, bytes, size * count);
    return buf_failed(context) ? 0 : size * count;
}

/* Credentials never follow a redirect: none is followed. */
static bool set_options(struct transport *transport, const struct jobd_settings *settings)
{
    CURL *curl = transport->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     settings->timeout_ms > 0 ? settings->timeout_ms : TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transport->reason);
    CURLcode code = CURLE_OK;
    if (settings->token != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        code = curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, settings->token);
    } else if (settings->user != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, settings->user);
        code = curl_easy_setopt(curl, CURLOPT_PASSWORD,
                                settings->password != NULL ? settings->password : "");
    }
    return code == CURLE_OK;
}

static bool set_url(struct transport *transport, const char *url)
{
    if (strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
        curl_easy_setopt(transport->curl, CURLOPT_UNIX_SOCKET_PATH, url + strlen(UNIX_PREFIX));
        url = "http://localhost";
    }
    transport->base = mem_strdup(url);
    if (transport->base == NULL)
        return false;
    for (size_t len = strlen(transport->base); len > 0 && transport->base[len - 1] == '/';)
        transport->base[--len] = '\0';
    return true;
}

static bool is_url(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0 ||
           strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0;
}

struct transport *transport_new(const struct jobd_settings *settings, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    if (!is_url(settings->url)) {
        err_set(err, "the server's address must begin with http://, https:// or unix:, not %s",
                settings->url);
        return NULL;
    }
    struct transport *transport = mem_alloc(1, sizeof(*transport));
    if (transport == NULL || (transport->curl = curl_easy_init()) == NULL ||
        !set_options(transport, settings) || !set_url(transport, settings->url)) {
        transport_free(transport);
        err_set(err, "no memory for a client");
        return NULL;
    }
    return transport;
}

void transport_free(struct transport *transport)
{
    if (transport == NULL)
        return;
    curl_easy_cleanup(transport->curl);
    mem_free(transport->base);
    mem_free(transport);
}

static void free_headers(struct curl_slist **headers)
{
    curl_slist_free_all(*headers);
}

/* A short body is sent at once: waiting for "100 Continue" only costs time. */
static struct curl_slist *make_headers(const struct exchange_call *call)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (call->body.ptr != NULL)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    if (call->idempotency_key != NULL) {
        AUTO(buf_release) struct buf line = BUF(512);
        buf_printf(&line, "Idempotency-Key: %s", call->idempotency_key);
        headers = curl_slist_append(headers, buf_failed(&line) ? "" : line.ptr);
    }
    return headers;
}

static void set_call(CURL *curl, const char *url, struct exchange_call *call,
                     const struct curl_slist *headers)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &call->answer);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (call->body.ptr != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.ptr);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static void read_outcome(CURL *curl, struct exchange_call *call)
{
    long status = 0;
    curl_off_t wait = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
    call->status = (int)status;
    call->retry_after = (int)(wait > 3600 ? 3600 : wait);
}

bool transport_call(struct transport *transport, struct exchange_call *call, struct err *err)
{
    AUTO(free_headers) struct curl_slist *headers = make_headers(call);
    AUTO(buf_release) struct buf url = BUF(64u << 10);
    buf_printf(&url, "%s%s", transport->base, call->path);
    if (headers == NULL || buf_failed(&url))
        return err_set(err, "no memory for a call");
    set_call(transport->curl, url.ptr, call, headers);
    transport->reason[0] = '\0';
    CURLcode code = curl_easy_perform(transport->curl);
    if (code != CURLE_OK)
        return err_set(err, "cannot reach %s: %s", transport->base,
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
