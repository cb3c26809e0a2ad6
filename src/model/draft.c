/* Drafts: a create request read by a table of fields, and the job it becomes. */
#include "model/draft.h"

#include "base/scope.h"
#include "base/text.h"
#include "model/body.h"
#include "model/claim.h"
#include "model/text_rule.h"

#include <assert.h>

/* What the request held, before it is checked. */
struct given {
    struct span name, type, message;
    const struct json_value *payload, *claim;
    struct uuid user;
    int64_t run_after, priority, max_attempts;
    bool self_managed;
    bool has_name, has_type, has_message, has_self_managed, has_user, has_payload, has_claim;
    bool has_run_after, has_priority, has_max_attempts;
};

#define INT_FIELD(key, least, most, member)                                                        \
    {                                                                                              \
        .name = (key), .kind = JSON_INT, .min = (least), .max = (most),                            \
        .offset = offsetof(struct given, member), .present = offsetof(struct given, has_##member)  \
    }

static const struct json_field fields[] = {
    JSON_FIELD("name", JSON_SPAN, struct given, name, has_name),
    JSON_FIELD("type", JSON_SPAN, struct given, type, has_type),
    JSON_FIELD("message", JSON_SPAN, struct given, message, has_message),
    JSON_FIELD("selfManaged", JSON_BOOL, struct given, self_managed, has_self_managed),
    JSON_FIELD("user", JSON_UUID, struct given, user, has_user),
    JSON_FIELD("payload", JSON_ANY, struct given, payload, has_payload),
    JSON_FIELD("runAfter", JSON_TIME, struct given, run_after, has_run_after),
    JSON_FIELD("claim", JSON_ANY, struct given, claim, has_claim),
    INT_FIELD("priority", DRAFT_PRIORITY_MIN, DRAFT_PRIORITY_MAX, priority),
    INT_FIELD("maxAttempts", 1, DRAFT_ATTEMPTS_MAX, max_attempts),
};

static const struct text_rule name_rule = {"field name", 1, JOB_NAME_MAX, TEXT_NO_CONTROLS};
static const struct text_rule type_rule = {"field type", 1, JOB_TYPE_MAX, TEXT_NO_CONTROLS};
static const struct text_rule message_rule = {"field message", 0, JOB_MESSAGE_MAX,
                                              TEXT_TAB_AND_NEWLINE};

static bool check(const struct given *given, struct err *err)
{
    if (!given->has_name)
        return err_set(err, "The field name is required.");
    if (!given->has_type)
        return err_set(err, "The field type is required.");
    if (given->has_claim && given->has_run_after)
        return err_set(err, "The field runAfter does not go with the field claim.");
    return text_rule_check(&name_rule, given->name, err) &&
           text_rule_check(&type_rule, given->type, err) &&
           text_rule_check(&message_rule, given->message, err);
}

/* The texts outlive the JSON document, so they are copied. */
static bool copy_texts(struct arena *arena, const struct given *given, struct draft *draft)
{
    draft->name = arena_span(arena, given->name);
    draft->type = arena_span(arena, given->type);
    draft->name_folded = text_fold(arena, given->name);
    if (given->message.len > 0)
        draft->message = arena_span(arena, given->message);
    return draft->name.ptr != NULL && draft->type.ptr != NULL && draft->name_folded.ptr != NULL &&
           (given->message.len == 0 || draft->message.ptr != NULL);
}

static enum problem copy_payload(struct arena *arena, const struct json_value *payload,
                                 struct span *ret_payload, struct err *err)
{
    struct span text = json_dump(arena, payload);
    if (text.ptr == NULL)
        return problem_no_memory(err);
    if (text.len > DRAFT_PAYLOAD_MAX) {
        err_set(err, "The field payload must have at most %d bytes as compact JSON.",
                DRAFT_PAYLOAD_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    *ret_payload = text;
    return PROBLEM_NONE;
}

static enum problem read_claim(struct arena *arena, const struct json_value *object,
                               struct draft *draft, struct err *err)
{
    struct claimant claimant;
    if (!json_is_object(object)) {
        err_set(err, "The field claim must be an object.");
        return PROBLEM_INVALID_REQUEST;
    }
    enum problem problem = claimant_read(arena, object, &claimant, err);
    if (problem == PROBLEM_INVALID_REQUEST)
        body_error_at(err, "claim");
    if (problem != PROBLEM_NONE)
        return problem;
    draft->has_claim = true;
    draft->claim_worker = claimant.worker;
    draft->claim_lease_ms = claimant.lease_ms;
    return PROBLEM_NONE;
}

enum problem draft_read(struct arena *arena, const struct json_value *object,
                        struct draft *ret_draft, struct err *err)
{
    struct given given = {.run_after = JOB_NO_TIME, .priority = 0, .max_attempts = 1};
    if (!body_read(object, fields, ARRAY_SIZE(fields), true, &given, err) || !check(&given, err))
        return PROBLEM_INVALID_REQUEST;

    struct draft draft = {
        .self_managed = given.self_managed,
        .has_user = given.has_user,
        .user = given.user,
        .run_after = given.run_after,
        .priority = (int32_t)given.priority,
        .max_attempts = (int32_t)given.max_attempts,
    };
    if (!copy_texts(arena, &given, &draft))
        return problem_no_memory(err);
    enum problem problem = PROBLEM_NONE;
    if (given.has_payload)
        problem = copy_payload(arena, given.payload, &draft.payload, err);
    if (problem == PROBLEM_NONE && given.has_claim)
        problem = read_claim(arena, given.claim, &draft, err);
    if (problem == PROBLEM_NONE)
        *ret_draft = draft;
    return problem;
}

static void claim(struct job *job)
{
    struct job_event event = {.kind = EVENT_CLAIM, .by = job->created_by, .now = job->modified_on};
    bool changed;
    enum problem problem = job_apply(job, &event, &changed, NULL);
    assert(problem == PROBLEM_NONE);
}

struct job draft_job(const struct draft *draft, int64_t position, const struct uuid *id,
                     int64_t change)
{
    struct job job = {
        .position = position,
        .id = *id,
        .change = change,
        .status = STATUS_WAITING,
        .self_managed = draft->self_managed,
        .progress = JOB_NO_PROGRESS,
        .name = draft->name,
        .type = draft->type,
        .message = draft->message,
        .user = draft->user,
        .created_by = draft->created_by,
        .modified_by = draft->created_by,
        .started_on = JOB_NO_TIME,
        .ended_on = JOB_NO_TIME,
        .run_after = draft->run_after,
        .priority = draft->priority,
        .max_attempts = draft->max_attempts,
    };
    job.modified_on = job_created_on(&job);
    if (draft->has_claim)
        claim(&job);
    return job;
}

struct lease draft_lease(const struct draft *draft, struct moment now)
{
    struct claimant by = {draft->claim_worker, draft->created_by, draft->claim_lease_ms};
    struct lease lease = {0};
    if (draft->has_claim)
        lease_grant(&lease, &by, now);
    return lease;
}
