/* Jobs on the wire: the contract's Job and JobPagedResponse, written and read. */
#include "model/job_json.h"

#include "base/scope.h"

void job_json(struct json_writer *json, const struct job *job)
{
    json_begin_object(json);
    json_key(json, "id");
    json_uuid(json, &job->id);
    json_key(json, "createdBy");
    json_uuid(json, &job->created_by);
    json_key(json, "createdOn");
    json_time(json, job_created_on(job));
    json_key(json, "lastModifiedBy");
    json_uuid(json, &job->modified_by);
    if (job->modified_on != JOB_NO_TIME) { /* other servers may leave it out */
        json_key(json, "lastModifiedOn");
        json_time(json, job->modified_on);
    }
    json_key(json, "user");
    json_uuid(json, &job->user);
    json_key(json, "selfManaged");
    json_bool(json, job->self_managed);
    if (job->ended_on != JOB_NO_TIME) {
        json_key(json, "endDate");
        json_time(json, job->ended_on);
    }
    if (job->message.len > 0) {
        json_key(json, "message");
        json_string(json, job->message);
    }
    json_key(json, "name");
    json_string(json, job->name);
    if (job->progress != JOB_NO_PROGRESS) {
        json_key(json, "progressPercentage");
        json_int(json, job->progress);
    }
    json_key(json, "result");
    json_word(json, result_name(status_result(job->status)));
    if (job->started_on != JOB_NO_TIME) {
        json_key(json, "startDate");
        json_time(json, job->started_on);
    }
    json_key(json, "state");
    json_word(json, state_name(status_state(job->status)));
    json_key(json, "type");
    json_string(json, job->type);
    json_end_object(json);
}

void job_page_json(struct json_writer *json, const struct job *const *jobs, size_t count,
                   struct span next_cursor)
{
    json_begin_object(json);
    json_key(json, "results");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        job_json(json, jobs[i]);
    json_end_array(json);
    if (next_cursor.len > 0) {
        json_key(json, "nextCursor");
        json_string(json, next_cursor);
    }
    json_end_object(json);
}

/* A Job as it came, before state, result and position are worked out. */
struct given {
    struct uuid id, created_by, modified_by, user;
    int64_t created_on, modified_on, started_on, ended_on;
    int64_t progress;
    struct span message, name, state, result, type;
    bool self_managed;
    bool has_id, has_created_by, has_created_on, has_modified_by, has_modified_on, has_user;
    bool has_self_managed, has_ended_on, has_message, has_name, has_progress, has_result;
    bool has_started_on, has_state, has_type;
};

#define FIELD(key, kind, member) JSON_FIELD(key, kind, struct given, member, has_##member)

static const struct json_field fields[] = {
    FIELD("id", JSON_UUID, id),
    FIELD("createdBy", JSON_UUID, created_by),
    FIELD("createdOn", JSON_TIME, created_on),
    FIELD("lastModifiedBy", JSON_UUID, modified_by),
    FIELD("lastModifiedOn", JSON_TIME, modified_on),
    FIELD("user", JSON_UUID, user),
    FIELD("selfManaged", JSON_BOOL, self_managed),
    FIELD("endDate", JSON_TIME, ended_on),
    FIELD("message", JSON_SPAN, message),
    FIELD("name", JSON_SPAN, name),
    {
        .name = "progressPercentage",
        .kind = JSON_INT,
        .min = 0,
        .max = 100,
        .offset = offsetof(struct given, progress),
        .present = offsetof(struct given, has_progress),
    },
    FIELD("result", JSON_SPAN, result),
    FIELD("startDate", JSON_TIME, started_on),
    FIELD("state", JSON_SPAN, state),
    FIELD("type", JSON_SPAN, type),
};

/* The first status that fits what was given: both are optional in the contract. */
static bool read_status(const struct given *given, enum job_status *ret_status, struct err *err)
{
    enum job_state state = STATE_COUNT;
    enum job_result result = RESULT_COUNT;
    if (given->has_state && !state_parse(given->state, &state))
        return err_set(err, "The field state is not one this program knows.");
    if (given->has_result && !result_parse(given->result, &result))
        return err_set(err, "The field result is not one this program knows.");
    uint32_t mask =
        status_mask(given->has_state ? 1u << state : 0, given->has_result ? 1u << result : 0);
    if (mask == 0)
        return err_set(err, "The result %s does not go with the state %s.", result_name(result),
                       state_name(state));
    *ret_status = (enum job_status)__builtin_ctz(mask);
    return true;
}

/* Ids of other servers carry no position; the date alone still gives the job its createdOn. */
static int64_t read_position(const struct given *given)
{
    int64_t position;
    if (uuid_position(&given->id, &position))
        return position;
    if (!given->has_created_on || given->created_on > INT64_MAX >> POSITION_SEQUENCE_BITS)
        return 0;
    return position_at(given->created_on);
}

bool job_from_json(const struct json_value *object, struct job *ret_job, struct err *err)
{
    struct given given = {
        .modified_on = JOB_NO_TIME,
        .started_on = JOB_NO_TIME,
        .ended_on = JOB_NO_TIME,
        .progress = JOB_NO_PROGRESS,
    };
    enum job_status status = STATUS_WAITING;
    if (!json_read_object(object, fields, ARRAY_SIZE(fields), false, &given, err))
        return false;
    if (!given.has_id)
        return err_set(err, "The job has no id.");
    if (!read_status(&given, &status, err))
        return false;
    *ret_job = (struct job){
        .position = read_position(&given),
        .id = given.id,
        .status = status,
        .self_managed = given.self_managed,
        .progress = (int32_t)given.progress,
        .name = given.name,
        .type = given.type,
        .message = given.message,
        .user = given.user,
        .created_by = given.created_by,
        .modified_by = given.modified_by,
        .modified_on = given.modified_on,
        .started_on = given.started_on,
        .ended_on = given.ended_on,
        .run_after = JOB_NO_TIME,
    };
    return true;
}
