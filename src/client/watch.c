/* Watching: the stream of events read line by line, and made again behind the last one. */
#include "base/clock.h"
#include "base/scope.h"
#include "client/backoff.h"
#include "client/client.h"
#include "client/job.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define EVENTS "/rest/jobd/v1/events?"
#define PATH_CEILING (60u << 10)
#define LINE_CEILING (8u << 20)
#define ANSWER_CEILING (1u << 20)
#define SECOND INT64_C(1000000000)
/* A beat comes every fifteen seconds. */
#define SILENCE_MAX (40 * SECOND)
#define PAUSE_MAX (15 * SECOND)
#define NAP (SECOND / 5)

struct watching {
    struct jobd_client *client;
    const struct jobd_watch *watch;
    _Atomic bool *stop; /* told to end */
    int64_t last; /* the number of the last change that was told; 0: none */
    struct buf line; /* the beginning of the next one */
    bool enough; /* the function said so */
    bool strange; /* what came is no event */
    struct backoff backoff;
};

/* A line. */
struct wire_event {
    struct span event;
    int64_t id;
    const struct json_value *data;
    bool has_event, has_id, has_data;
};

static const struct json_field event_fields[] = {
    JSON_FIELD("event", JSON_SPAN, struct wire_event, event, has_event),
    JSON_FIELD("id", JSON_INT, struct wire_event, id, has_id),
    JSON_FIELD("data", JSON_ANY, struct wire_event, data, has_data),
};

struct wire_data {
    struct uuid id;
    bool has_id;
};

static const struct json_field data_fields[] = {
    JSON_FIELD("id", JSON_UUID, struct wire_data, id, has_id),
};

static void tell(struct watching *watching, struct jobd_event *event)
{
    watching->enough = !watching->watch->on_event(watching->watch->context, event);
    watching->backoff = (struct backoff){0};
    if (event->id > 0)
        watching->last = event->id;
}

/* False when it is no event. */
static bool read_event(struct watching *watching, const struct wire_event *wire)
{
    struct wire_data data = {0};
    char name[32], id[JOBD_ID_SIZE] = "";
    struct jobd_event event = {name, wire->id, id, NULL, watching->line.ptr};
    if (!wire->has_event || wire->event.len >= sizeof(name) || !json_is_object(wire->data) ||
        !json_read_object(wire->data, data_fields, ARRAY_SIZE(data_fields), false, &data, NULL))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)wire->event.len, wire->event.ptr);
    if (data.has_id)
        uuid_format(&data.id, id);
    if (strcmp(name, "job") == 0) {
        event.job = job_new(wire->data, NULL);
        if (event.job == NULL)
            return false;
        snprintf(event.job->etag, sizeof(event.job->etag), "\"%" PRId64 "\"", wire->id);
    }
    tell(watching, &event);
    jobd_job_free(event.job);
    return true;
}

/* An empty line is a beat. */
static bool take_line(struct watching *watching)
{
    struct wire_event wire = {0};
    if (watching->line.len == 0)
        return true;
    AUTO(json_free_at) struct json_value *value = json_parse(buf_span(&watching->line), NULL);
    return value != NULL &&
           json_read_object(value, event_fields, ARRAY_SIZE(event_fields), false, &wire, NULL) &&
           read_event(watching, &wire);
}

static bool take(void *context, struct span bytes)
{
    struct watching *watching = context;
    while (bytes.len > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t len = end != NULL ? (size_t)(end - bytes.ptr) : bytes.len;
        buf_add(&watching->line, bytes.ptr, len);
        watching->strange = buf_failed(&watching->line) || (end != NULL && !take_line(watching));
        if (watching->strange || watching->enough || atomic_load(watching->stop))
            return false;
        if (end != NULL)
            buf_clear(&watching->line);
        bytes = span_skip(bytes, end != NULL ? len + 1 : len);
    }
    return true;
}

static void write_path(const struct watching *watching, struct buf *path)
{
    const struct jobd_watch *watch = watching->watch;
    int64_t after = watching->last > 0 ? watching->last : watch->after;
    buf_add_str(path, EVENTS);
    if (watch->query != NULL)
        filters_write(path, watch->query);
    if (after > 0)
        buf_printf(path, "after=%" PRId64, after);
    else
        buf_printf(path, "snapshot=%s", watch->snapshot ? "true" : "false");
}

/* One connection, until it ends. Always fails, unless it was enough. */
static bool follow(struct watching *watching, struct jobd_error *error)
{
    AUTO(buf_release) struct buf path = BUF(PATH_CEILING);
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "GET",
        .accept = "application/x-ndjson",
        .take = take,
        .take_context = watching,
        .silence_ns = SILENCE_MAX,
        .stop = watching->stop,
        .answer = BUF(ANSWER_CEILING),
    };
    write_path(watching, &path);
    if (buf_failed(&path))
        return client_fail(error, 400, "the query is too long");
    call.path = path.ptr;
    buf_clear(&watching->line);
    if (!client_exchange(watching->client, &call, 200, error))
        return false;
    if (watching->strange)
        return client_stranger(watching->client, error);
    return watching->enough ||
           client_fail(error, 0, "%s has ended the stream of events", client_url(watching->client));
}

/* In naps: whoever stops us does not wake us. */
static void pause_after(struct watching *watching, const struct jobd_error *error)
{
    int64_t until =
        clock_mono_ns(&clock_system) + backoff_pause(&watching->backoff, error, PAUSE_MAX);
    const struct timespec nap = {.tv_nsec = NAP};
    while (!atomic_load(watching->stop) && clock_mono_ns(&clock_system) < until)
        nanosleep(&nap, NULL);
}

/* Whether to connect again. */
static bool bears(const struct watching *watching, const struct jobd_error *error)
{
    const struct jobd_watch *watch = watching->watch;
    return jobd_may_pass(error) &&
           (watch->on_lost == NULL || watch->on_lost(watch->context, error));
}

bool jobd_watch(struct jobd_client *client, const struct jobd_watch *watch,
                struct jobd_error *error)
{
    struct watching watching = {
        .client = client, .watch = watch, .stop = client_stop(client), .line = BUF(LINE_CEILING)};
    struct jobd_error why;
    bool good = false, more = true;
    while (more) {
        good = follow(&watching, &why) || atomic_exchange(watching.stop, false);
        more = !good && bears(&watching, &why);
        if (more)
            pause_after(&watching, &why);
    }
    buf_release(&watching.line);
    if (!good && error != NULL)
        *error = why;
    return good;
}
