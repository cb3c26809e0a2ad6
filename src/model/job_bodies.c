/* The message of a delete, from where the contract has it. */
#include "model/job_json.h"

#include "base/scope.h"
#include "model/body.h"
#include "model/text_rule.h"

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
