/* A client: settings, a connection, and calls whose failures are told in one form. */
#include "client/client.h"

#include "base/mem.h"
#include "base/scope.h"
#include "client/settings.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define SETTINGS_CEILING (1u << 20)
#define HOST_SIZE 65

struct jobd_client {
    struct transport *transport;
    _Atomic bool stopped;
};

bool client_fail(struct jobd_error *error, int status, const char *format, ...)
{
    va_list args;
    if (error == NULL)
        return false;
    *error = (struct jobd_error){.status = status};
    if (status == 400)
        snprintf(error->code, sizeof(error->code), "invalidRequest");
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    return false;
}

static bool open_with(const struct jobd_settings *settings, struct jobd_client **ret_client,
                      struct jobd_error *error)
{
    struct err err = {0};
    struct jobd_client *client = mem_alloc(1, sizeof(*client));
    if (client == NULL)
        return client_fail(error, 0, "no memory for a client");
    client->transport = transport_new(settings, &err);
    if (client->transport == NULL) {
        mem_free(client);
        return client_fail(error, 400, "%s", err.text);
    }
    *ret_client = client;
    return true;
}

bool jobd_open(const struct jobd_settings *settings, struct jobd_client **ret_client,
               struct jobd_error *error)
{
    struct jobd_settings found = {0};
    struct err err = {0};
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SETTINGS_CEILING);
    if (settings == NULL && !settings_load(&arena, &found, &err))
        return client_fail(error, 400, "%s", err.text);
    return open_with(settings != NULL ? settings : &found, ret_client, error);
}

void jobd_close(struct jobd_client *client)
{
    if (client == NULL)
        return;
    transport_free(client->transport);
    mem_free(client);
}

const char *client_url(const struct jobd_client *client)
{
    return transport_url(client->transport);
}

void client_set_deadline(struct jobd_client *client, int64_t mono_ns)
{
    transport_set_deadline(client->transport, mono_ns);
}

void jobd_watch_stop(struct jobd_client *client)
{
    atomic_store(&client->stopped, true);
}

_Atomic bool *client_stop(struct jobd_client *client)
{
    return &client->stopped;
}

void client_name_process(char ret_name[static PROCESS_NAME_SIZE])
{
    char host[HOST_SIZE] = "";
    if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
        snprintf(host, sizeof(host), "localhost");
    snprintf(ret_name, PROCESS_NAME_SIZE, "%s:%d", host, (int)getpid());
}

/* The contract's StandardErrorResponse, as far as it is passed on. */
struct refusal {
    struct span code, text;
    bool has_code, has_text;
};

static const struct json_field refusal_fields[] = {
    JSON_FIELD("errorCode", JSON_SPAN, struct refusal, code, has_code),
    JSON_FIELD("userMessage", JSON_SPAN, struct refusal, text, has_text),
};

/* An answer that is not the one hoped for: in the server's own words where it speaks our protocol.
 */
static bool refused(struct jobd_client *client, const struct exchange_call *call,
                    struct jobd_error *error)
{
    struct refusal refusal = {0};
    AUTO(json_free_at) struct json_value *answer = json_parse(buf_span(&call->answer), NULL);
    bool ours =
        answer != NULL &&
        json_read_object(answer, refusal_fields, ARRAY_SIZE(refusal_fields), false, &refusal, NULL);
    client_fail(error, call->status, "%s answered with status %d", client_url(client),
                call->status);
    if (error == NULL)
        return false;
    error->retry_after = call->retry_after;
    error->code[0] = '\0';
    if (ours && refusal.has_code)
        snprintf(error->code, sizeof(error->code), "%.*s", (int)refusal.code.len, refusal.code.ptr);
    if (ours && refusal.has_text && refusal.text.len > 0)
        snprintf(error->text, sizeof(error->text), "%.*s", (int)refusal.text.len, refusal.text.ptr);
    return false;
}

bool client_stranger(struct jobd_client *client, struct jobd_error *error)
{
    return client_fail(error, 0, "what %s answered is not of the Job API", client_url(client));
}

void exchange_release(struct exchange_call *call)
{
    buf_release(&call->answer);
}

bool jobd_may_pass(const struct jobd_error *error)
{
    return error->status == 0 || error->status >= 500 || error->status == 429 ||
           error->status == 408;
}

bool client_exchange(struct jobd_client *client, struct exchange_call *call, int expected,
                     struct jobd_error *error)
{
    struct err err = {0};
    if (!transport_call(client->transport, call, &err))
        return client_fail(error, 0, "%s", err.text);
    if (call->status == expected || (call->status == 304 && call->known != NULL))
        return true;
    return call->status >= 200 && call->status < 300 ? client_stranger(client, error)
                                                     : refused(client, call, error);
}

bool client_call(struct jobd_client *client, struct exchange_call *call, int expected,
                 struct json_value **ret_answer, struct jobd_error *error)
{
    if (!client_exchange(client, call, expected, error))
        return false;
    if (call->answer.len == 0) {
        *ret_answer = NULL;
        return true;
    }
    struct json_value *answer = json_parse(buf_span(&call->answer), NULL);
    if (answer == NULL)
        return client_stranger(client, error);
    *ret_answer = answer;
    return true;
}
