/* The events: the change feed as server-sent events or as lines of JSON, for as long as wanted. */
#include "base/mem.h"
#include "base/parse.h"
#include "http/caller.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "http/stream.h"
#include "service/feed.h"
#include "service/session_watch.h"

#include <inttypes.h>

/* What a reader is sent at once. Each holds so much, and a Job more, while it takes nothing. */
#define ENOUGH (16u << 10)

/* Room for a query's texts and lists, by the length it has in the request. */
#define QUERY_ROOM(len) (1024 + 64 * (len))

/* All that is kept while the stream lasts: there may be thousands. */
struct events {
    struct feed_reader reader;
    struct arena arena; /* of the query */
    struct query query;
    struct session_user user; /* of who has a session */
    bool lines; /* of JSON, rather than server-sent events */
    int64_t told; /* the position that the client knows of */
    struct buf *out; /* while it is filled */
};

/* What is settled before it begins. */
struct events_call {
    struct store_changes last; /* asked for the last change number alone */
    int64_t position;
};

static void add_id(struct events *events, int64_t position)
{
    buf_printf(events->out, "id: %" PRId64 "\n", position);
    events->told = position;
}

static void add_gone(struct buf *out, const struct uuid *id)
{
    struct json_writer json = JSON_WRITER(out);
    json_begin_object(&json);
    json_key(&json, "id");
    json_uuid(&json, id);
    json_end_object(&json);
}

static void add_stalled(struct buf *out, const struct feed_event *event)
{
    struct json_writer json = JSON_WRITER(out);
    json_begin_object(&json);
    json_key(&json, "id");
    json_uuid(&json, event->id);
    json_time_at(&json, "progressOn", event->progress_on);
    json_time_at(&json, "beatOn", event->beat_on);
    json_end_object(&json);
}

static void add_data(struct buf *out, const struct feed_event *event)
{
    switch (event->kind) {
    case FEED_JOB:
        buf_add_span(out, event->json);
        break;
    case FEED_GONE:
        add_gone(out, event->id);
        break;
    case FEED_STALLED:
        add_stalled(out, event);
        break;
    case FEED_SYNCED:
    case FEED_BEAT:
        buf_add_str(out, "{}");
        break;
    }
}

static const char *kind_name(enum feed_event_kind kind)
{
    static const char *const names[] = {
        [FEED_JOB] = "job",         [FEED_GONE] = "gone", [FEED_SYNCED] = "synced",
        [FEED_STALLED] = "stalled", [FEED_BEAT] = "beat",
    };
    return names[kind];
}

/* A stall is no change: there is nothing to resume behind. */
static bool has_id(const struct feed_event *event)
{
    return event->kind != FEED_STALLED;
}

/* A comment for those who wait; an id of its own dispatches nothing, but is where to resume. */
static void add_beat(struct events *events, const struct feed_event *event)
{
    buf_add_str(events->out, ": beat\n");
    if (event->position > events->told)
        add_id(events, event->position);
    buf_add_char(events->out, '\n');
}

static void add_event(struct events *events, const struct feed_event *event)
{
    if (event->kind == FEED_BEAT) {
        add_beat(events, event);
        return;
    }
    buf_printf(events->out, "event: %s\n", kind_name(event->kind));
    if (has_id(event))
        add_id(events, event->position);
    buf_add_str(events->out, "data: ");
    add_data(events->out, event);
    buf_add_str(events->out, "\n\n");
}

static void add_line(struct events *events, const struct feed_event *event)
{
    if (event->kind != FEED_BEAT) {
        buf_printf(events->out, "{\"event\":\"%s\",", kind_name(event->kind));
        if (has_id(event))
            buf_printf(events->out, "\"id\":%" PRId64 ",", event->position);
        buf_add_str(events->out, "\"data\":");
        add_data(events->out, event);
        buf_add_char(events->out, '}');
    }
    buf_add_char(events->out, '\n');
}

static bool emit(void *context, const struct feed_event *event)
{
    const struct request *request = context;
    struct events *events = request->operation;
    if (events->lines)
        add_line(events, event);
    else
        add_event(events, event);
    return events->out->len < ENOUGH;
}

static void wake(void *context)
{
    request_wake(context);
}

/* Whoever would not be let in any more does not listen on. */
static bool over(void *context)
{
    struct request *request = context;
    const struct service *service = request->service;
    const struct credentials *credentials = &request->credentials;
    const struct events *events = request->operation;
    struct account account;
    return !users_by_id(service->users, &request->account.id, &account) || account.disabled ||
           (credentials->password && strcmp(account.hash, request->account.hash) != 0) ||
           (credentials->session && atomic_load(&events->user.closed)) ||
           clock_wall_ms(service->clock) >= credentials->ends_on;
}

static bool fill(struct request *request, struct buf *out)
{
    struct events *events = request->operation;
    events->out = out;
    return !request_client_gone(request) &&
           feed_read(request->service->feed, &events->reader) != FEED_OVER;
}

static void events_free(struct events *events)
{
    arena_release(&events->arena);
    mem_free(events);
}

static void close_events(struct request *request)
{
    struct events *events = request->operation;
    if (request->credentials.session)
        session_watch_leave(request->service->session_watch, &events->user);
    feed_leave(request->service->feed, &events->reader);
    events_free(events);
}

static const struct stream stream = {.fill = fill, .close = close_events};

static bool accepts_lines(struct request *request)
{
    struct span rest = request_header(request, "Accept"), type, name;
    while (span_cut(&rest, ',', &type))
        if (span_cut(&type, ';', &name) && span_is_nocase(span_trim(name), "application/x-ndjson"))
            return true;
    return false;
}

static void watch_session(struct request *request, struct events *events)
{
    struct span token = {0};
    caller_token(request, &token);
    session_token_digest(token, events->user.token);
    session_watch_join(request->service->session_watch, &events->user);
}

static enum problem join(struct request *request, const struct events_call *call,
                         struct events *events, struct err *err)
{
    arena_init(&events->arena, QUERY_ROOM(request->query.len));
    /* What needs no decoding stays where it is. */
    struct span kept = request->query;
    if (kept.len > 0)
        kept = arena_span(&events->arena, kept);
    if (kept.len < request->query.len)
        return problem_no_memory(err);
    enum problem problem = query_parse(&events->arena, kept, &events->query, err);
    if (problem != PROBLEM_NONE)
        return problem;
    events->lines = accepts_lines(request);
    events->reader = (struct feed_reader){.query = &events->query,
                                          .position = call->position,
                                          .emit = emit,
                                          .wake = wake,
                                          .over = over,
                                          .context = request};
    problem = feed_join(request->service->feed, &events->reader, call->last.last, err);
    if (problem == PROBLEM_NONE && request->credentials.session)
        watch_session(request, events);
    return problem;
}

static void events_answer(struct request *request)
{
    const struct events_call *call = request->operation;
    struct err err = {0};
    if (route_failed(request, &call->last.call))
        return;
    struct events *events = mem_alloc(1, sizeof(*events));
    if (events == NULL)
        return respond_problem(request, PROBLEM_INTERNAL, NULL);
    enum problem problem = join(request, call, events, &err);
    if (problem != PROBLEM_NONE) {
        events_free(events);
        return route_refuse(request, problem, &err);
    }
    request->operation = events;
    respond_stream(request, events->lines ? "application/x-ndjson" : "text/event-stream", &stream);
}

static enum problem read_change(struct span text, const char *name, int64_t *ret_change,
                                struct err *err)
{
    if (parse_int(text, 0, INT64_MAX, ret_change))
        return PROBLEM_NONE;
    err_set(err, "%s is not the number of a change.", name);
    return PROBLEM_INVALID_REQUEST;
}

/* A browser that connects again repeats the parameters, but says what it has seen. */
static enum problem read_start(struct request *request, int64_t *ret_position, struct err *err)
{
    struct span seen = request_header(request, "Last-Event-ID"), after, snapshot;
    bool has_after = false, has_snapshot = false, whole = false;
    enum problem problem = route_parameter(request, "after", &has_after, &after, err);
    if (problem == PROBLEM_NONE)
        problem = route_parameter(request, "snapshot", &has_snapshot, &snapshot, err);
    if (problem != PROBLEM_NONE)
        return problem;
    if (has_snapshot && !parse_bool(snapshot, &whole)) {
        err_set(err, "The parameter snapshot must be true or false.");
        return PROBLEM_INVALID_REQUEST;
    }
    if (seen.len > 0)
        return read_change(seen, "The header Last-Event-ID", ret_position, err);
    if (has_after)
        return read_change(after, "The parameter after", ret_position, err);
    *ret_position = whole ? 0 : FEED_FROM_NOW;
    return PROBLEM_NONE;
}

void route_events(struct request *request)
{
    struct events_call *call = route_operation(request, sizeof(*call), events_answer);
    struct query query;
    struct err err = {0};
    if (call == NULL)
        return;
    enum problem problem = query_parse(&request->arena, request->query, &query, &err);
    if (problem == PROBLEM_NONE)
        problem = read_start(request, &call->position, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    call->last.arena = &request->arena;
    route_prepare(request, &call->last.call);
    store_changes(request->service->store, &call->last);
}
