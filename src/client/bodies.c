/* The bodies the library sends, as JSON. */
#include "client/bodies.h"

#include "base/clock.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/scope.h"
#include "base/text.h"

/* The body being written, and the first thing that was wrong with it. */
struct writing {
    struct json_writer json;
    struct err *err;
    bool good;
};

static void write_text(struct writing *to, const char *key, const char *text)
{
    if (!text_check(span_of(text), TEXT_ANY, NULL))
        to->good = err_set(to->err, "%s is not valid UTF-8", key);
    json_str(&to->json, text);
}

static void add_text(struct writing *to, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_key(&to->json, key);
    write_text(to, key, text);
}

/* What is zero is left out: the server has its own idea then. */
static void add_number(struct writing *to, const char *key, int64_t value)
{
    if (value == 0)
        return;
    json_key(&to->json, key);
    json_int(&to->json, value);
}

static void add_flag(struct writing *to, const char *key, bool value)
{
    if (!value)
        return;
    json_key(&to->json, key);
    json_bool(&to->json, true);
}

/* Within brackets any value is a document; two of them, or an end too early, are no value. */
static bool is_json(const char *text)
{
    AUTO(buf_release) struct buf array = BUF(BODY_CEILING + 2);
    buf_printf(&array, "[%s]", text);
    AUTO(json_free_at)
    struct json_value *value = buf_failed(&array) ? NULL : json_parse(buf_span(&array), NULL);
    return json_length(value) == 1;
}

static void add_payload(struct writing *to, const char *payload)
{
    if (payload == NULL)
        return;
    if (!is_json(payload))
        to->good = err_set(to->err, "the payload is not one JSON value of moderate size");
    json_key(&to->json, "payload");
    json_raw(&to->json, span_of(payload));
}

static void add_time(struct writing *to, const char *key, int64_t ms)
{
    if (ms == 0)
        return;
    if (ms < 0 || ms > CLOCK_MAX_MS) {
        to->good = err_set(to->err, "%s is beyond all calendars", key);
        return;
    }
    json_key(&to->json, key);
    json_time(&to->json, ms);
}

static bool finish(struct writing *to)
{
    json_end_object(&to->json);
    return to->good && (!buf_failed(to->json.buf) || err_set(to->err, "it is too large"));
}

bool create_write(struct buf *body, const struct jobd_create *create, struct err *err)
{
    struct writing to = {JSON_WRITER(body), err, true};
    json_begin_object(&to.json);
    add_text(&to, "name", create->name);
    add_text(&to, "type", create->type);
    add_text(&to, "message", create->message);
    add_text(&to, "user", create->user);
    add_payload(&to, create->payload);
    add_flag(&to, "selfManaged", create->self_managed);
    add_number(&to, "priority", create->priority);
    add_number(&to, "maxAttempts", create->max_attempts);
    add_time(&to, "runAfter", create->run_after);
    if (create->worker_id != NULL) {
        json_key(&to.json, "claim");
        json_begin_object(&to.json);
        add_text(&to, "workerId", create->worker_id);
        add_number(&to, "leaseSeconds", create->lease_seconds);
        json_end_object(&to.json);
    }
    return finish(&to);
}

/* What a claim within a report has, too: that does not wait. */
static void write_claim(struct writing *to, const struct jobd_claim *claim)
{
    json_begin_object(&to->json);
    json_key(&to->json, "types");
    json_begin_array(&to->json);
    for (size_t i = 0; claim->types[i] != NULL; i++)
        write_text(to, "types", claim->types[i]);
    json_end_array(&to->json);
    add_text(to, "workerId", claim->worker_id);
    add_number(to, "max", claim->max);
    add_number(to, "leaseSeconds", claim->lease_seconds);
    add_text(to, "requestId", claim->request_id);
}

bool report_write(struct buf *body, const struct jobd_report *report, const struct jobd_claim *next,
                  struct err *err)
{
    struct writing to = {JSON_WRITER(body), err, true};
    json_begin_object(&to.json);
    add_text(&to, "state", report->state);
    add_text(&to, "result", report->result);
    if (report->progress != JOBD_NO_PROGRESS) {
        json_key(&to.json, "progressPercentage");
        json_int(&to.json, report->progress);
    }
    add_text(&to, "message", report->message);
    add_flag(&to, "retry", report->retry);
    add_number(&to, "delaySeconds", report->delay_seconds);
    if (next != NULL) {
        json_key(&to.json, "next");
        write_claim(&to, next);
        json_end_object(&to.json);
    }
    return finish(&to);
}

bool claim_write(struct buf *body, const struct jobd_claim *claim, struct err *err)
{
    struct writing to = {JSON_WRITER(body), err, true};
    write_claim(&to, claim);
    add_number(&to, "waitSeconds", claim->wait_seconds);
    return finish(&to);
}
