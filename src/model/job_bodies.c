/* The request bodies that change a job: a report, and the message of a delete. */
#include "model/job_json.h"

#include "base/scope.h"
#include "model/body.h"
#include "model/text_rule.h"

struct report {
    struct span state, result, message;
    int64_t progress;
    bool has_state, has_result, has_message, has_progress;
};

static const struct json_field report_fields[] = {
    JSON_FIELD("state", JSON_SPAN, struct report, state, has_state),
    JSON_FIELD("result", JSON_SPAN, struct report, result, has_result),
    JSON_FIELD("message", JSON_SPAN, struct report, message, has_message),
    {
        .name = "progressPercentage",
        .kind = JSON_INT,
        .min = 0,
        .max = 100,
        .offset = offsetof(struct report, progress),
        .present = offsetof(struct report, has_progress),
    },
};

static const struct text_rule message_rule = {"field message", 0, JOB_MESSAGE_MAX,
                                              TEXT_TAB_AND_NEWLINE};

/* The state a report asks for decides the event; the job's own state is not known here. */
static bool read_kind(const struct report *report, enum job_state *ret_state,
                      enum job_event_kind *ret_kind, struct err *err)
{
    if (!report->has_state) {
        *ret_kind = EVENT_PROGRESS;
        return true;
    }
    if (!state_parse(report->state, ret_state))
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
static bool read_ending(const struct report *report, enum job_state state, struct job_event *event,
                        struct err *err)
{
    enum job_result result = state == STATE_COMPLETED ? RESULT_SUCCESS : RESULT_FAILURE;
    if (report->has_result && !result_parse(report->result, &result))
        return err_set(err, "The field result must be one of SUCCESS, COMPLETED_WITH_ERROR, "
                            "FAILURE, ABORTED.");
    if (event->kind != EVENT_END)
        return !report->has_result ||
               err_set(err, "The field result goes with the state COMPLETED or FAILED only.");
    if (!status_of(state, result, &event->status))
        return err_set(err, "The field result cannot be %s with the state %s.", result_name(result),
                       state_name(state));
    return true;
}

static bool report_check(const struct report *report, struct job_event *event, struct err *err)
{
    enum job_state state = STATE_COUNT;
    if (!report->has_state && !report->has_result && !report->has_message && !report->has_progress)
        return err_set(err, "The report must have at least one of the fields state, "
                            "progressPercentage and message.");
    return text_rule_check(&message_rule, report->message, err) &&
           read_kind(report, &state, &event->kind, err) && read_ending(report, state, event, err);
}

enum problem report_read(struct arena *arena, struct span body, struct job_event *ret_event,
                         struct err *err)
{
    AUTO(json_free_at) struct json_value *document = body_parse(body, err);
    struct report report = {.progress = JOB_NO_PROGRESS};
    struct job_event event = {0};
    if (document == NULL ||
        !body_read(document, report_fields, ARRAY_SIZE(report_fields), true, &report, err) ||
        !report_check(&report, &event, err))
        return PROBLEM_INVALID_REQUEST;
    event.progress = (int32_t)report.progress;
    event.has_message = report.has_message;
    event.message = arena_span(arena, report.message);
    if (event.message.ptr == NULL)
        return problem_no_memory(err);
    *ret_event = event;
    return PROBLEM_NONE;
}

struct deletion {
    struct span message;
    bool has_message;
};

static const struct json_field deletion_fields[] = {
    JSON_FIELD("message", JSON_SPAN, struct deletion, message, has_message),
};

/* The default of the contract; an empty message counts as none. */
static struct span message_or_default(struct span message)
{
    return message.len > 0 ? message : (struct span)SPAN("Deleted by user");
}

enum problem delete_message_read(struct arena *arena, bool has_parameter, struct span parameter,
                                 struct span body, struct span *ret_message, struct err *err)
{
    AUTO(json_free_at) struct json_value *document = NULL;
    struct deletion deletion = {0};
    if (body.len > 0) {
        document = body_parse(body, err);
        if (document == NULL || !body_read(document, deletion_fields, ARRAY_SIZE(deletion_fields),
                                           false, &deletion, err))
            return PROBLEM_INVALID_REQUEST;
    }
    bool from_parameter = has_parameter && parameter.len > 0;
    struct span message = from_parameter ? parameter : deletion.message;
    struct text_rule rule = {from_parameter ? "parameter message" : "field message", 0,
                             JOB_DELETE_MESSAGE_MAX, TEXT_TAB_AND_NEWLINE};
    if (!text_rule_check(&rule, message, err))
        return PROBLEM_INVALID_REQUEST;
    struct span copy = arena_span(arena, message_or_default(message));
    if (copy.ptr == NULL)
        return problem_no_memory(err);
    *ret_message = copy;
    return PROBLEM_NONE;
}
