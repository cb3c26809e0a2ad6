/* Reports: a request body read by a table of fields, and the event it becomes. */
#include "model/report.h"

#include "base/scope.h"
#include "model/body.h"
#include "model/text_rule.h"

/* A report as it came. */
struct given {
    struct span state, result, message;
    int64_t progress, delay;
    bool retry;
    const struct json_value *next;
    bool has_state, has_result, has_message, has_progress, has_delay, has_retry, has_next;
};

static const struct json_field fields[] = {
    JSON_FIELD("state", JSON_SPAN, struct given, state, has_state),
    JSON_FIELD("result", JSON_SPAN, struct given, result, has_result),
    JSON_FIELD("message", JSON_SPAN, struct given, message, has_message),
    JSON_FIELD_INT("progressPercentage", struct given, progress, has_progress, 0, 100),
    JSON_FIELD_INT("delaySeconds", struct given, delay, has_delay, 0, REPORT_DELAY_MAX),
    JSON_FIELD("retry", JSON_BOOL, struct given, retry, has_retry),
    JSON_FIELD("next", JSON_ANY, struct given, next, has_next),
};

static const struct text_rule message_rule = {"field message", 0, JOB_MESSAGE_MAX,
                                              TEXT_TAB_AND_NEWLINE};

/* The state a report asks for decides the event; the job's own state is not known here. */
static bool read_kind(const struct given *given, enum job_state *ret_state,
                      enum job_event_kind *ret_kind, struct err *err)
{
    if (!given->has_state) {
        *ret_kind = EVENT_PROGRESS;
        return true;
    }
    if (!state_parse(given->state, ret_state))
        return err_set(err, "The field state must be one of WAITING, RUNNING, COMPLETED, FAILED.");
    switch (*ret_state) {
    case STATE_WAITING:
        *ret_kind = EVENT_RELEASE;
        return true;
    case STATE_RUNNING:
        *ret_kind = EVENT_START;
        return true;
    case STATE_COMPLETED:
    case STATE_FAILED:
        *ret_kind = EVENT_END;
        return true;
    case STATE_DELETED:
    case STATE_COUNT:
        break;
    }
    return err_set(err, "The field state cannot be DELETED in a report; delete the job instead.");
}

/* A result is given with an ending state only, and has a default there. */
static bool read_ending(const struct given *given, enum job_state state, struct job_event *event,
                        struct err *err)
{
    enum job_result result = state == STATE_COMPLETED ? RESULT_SUCCESS : RESULT_FAILURE;
    if (given->has_result && !result_parse(given->result, &result))
        return err_set(err, "The field result must be one of SUCCESS, COMPLETED_WITH_ERROR, "
                            "FAILURE, ABORTED.");
    if (event->kind != EVENT_END)
        return !given->has_result ||
               err_set(err, "The field result goes with the state COMPLETED or FAILED only.");
    if (!status_of(state, result, &event->status))
        return err_set(err, "The field result cannot be %s with the state %s.", result_name(result),
                       state_name(state));
    return true;
}

/* What goes with one kind of event only. */
static bool read_extras(const struct given *given, struct job_event *event, struct err *err)
{
    if (given->has_delay && event->kind != EVENT_RELEASE)
        return err_set(err, "The field delaySeconds goes with the state WAITING only.");
    if (!given->retry)
        return true;
    if (event->kind != EVENT_END || status_state(event->status) != STATE_FAILED)
        return err_set(err, "The field retry goes with the state FAILED only.");
    event->kind = EVENT_RETRY;
    return true;
}

/* The next job comes when this one is off its worker's hands. */
static enum problem read_next(struct arena *arena, const struct given *given, struct report *report,
                              struct err *err)
{
    enum job_event_kind kind = report->event.kind;
    if (!given->has_next)
        return PROBLEM_NONE;
    if (kind != EVENT_END && kind != EVENT_RETRY && kind != EVENT_RELEASE) {
        err_set(err, "The field next goes with the states COMPLETED, FAILED and WAITING only.");
        return PROBLEM_INVALID_REQUEST;
    }
    if (!json_is_object(given->next)) {
        err_set(err, "The field next must be an object.");
        return PROBLEM_INVALID_REQUEST;
    }
    report->next = ARENA_NEW(arena, struct claim);
    if (report->next == NULL)
        return problem_no_memory(err);
    enum problem problem = claim_read_next(arena, given->next, report->next, err);
    if (problem == PROBLEM_INVALID_REQUEST)
        body_error_at(err, "next");
    return problem;
}

static bool check(const struct given *given, struct job_event *event, struct err *err)
{
    enum job_state state = STATE_COUNT;
    bool says_nothing =
        !given->has_state && !given->has_result && !given->has_message && !given->has_progress;
    if (says_nothing && !given->has_delay && !given->retry)
        return err_set(err, "The report must have at least one of the fields state, "
                            "progressPercentage and message.");
    return text_rule_check(&message_rule, given->message, err) &&
           read_kind(given, &state, &event->kind, err) && read_ending(given, state, event, err) &&
           read_extras(given, event, err);
}

enum problem report_parse(struct arena *arena, struct span body, struct report *ret_report,
                          struct err *err)
{
    AUTO(json_free_at) struct json_value *document = body_parse(body, err);
    struct given given = {.progress = JOB_NO_PROGRESS};
    struct job_event event = {.run_after = JOB_NO_TIME};
    if (document == NULL || !body_read(document, fields, ARRAY_SIZE(fields), true, &given, err) ||
        !check(&given, &event, err))
        return PROBLEM_INVALID_REQUEST;
    event.progress = (int32_t)given.progress;
    event.has_message = given.has_message;
    event.message = arena_span(arena, given.message);
    if (event.message.ptr == NULL)
        return problem_no_memory(err);
    struct report report = {.event = event, .delay_ms = given.delay * 1000};
    enum problem problem = read_next(arena, &given, &report, err);
    if (problem == PROBLEM_NONE)
        *ret_report = report;
    return problem;
}
