/* The operations on one job: create, report, get, delete. */
#include "base/json_write.h"
#include "base/scope.h"
#include "base/text.h"
#include "client/bodies.h"
#include "client/client.h"
#include "client/job.h"

#include <stdio.h>

#define CONTRACT_JOBS "/rest/jobs/v1/jobs"
#define OUR_JOBS "/rest/jobd/v1/jobs"
#define ANSWER_CEILING (4u << 20)
#define PATH_CEILING (16u << 10)
#define KEY_MAX 255

bool client_id_check(const char *id, struct jobd_error *error)
{
    struct uuid uuid;
    return (id != NULL && uuid_parse(span_of(id), &uuid)) ||
           client_fail(error, 400, "\"%.60s\" is not the id of a job", id != NULL ? id : "");
}

/* Anything else could add headers. */
static bool key_check(const char *key, struct jobd_error *error)
{
    size_t len = key != NULL ? strlen(key) : 1;
    for (size_t i = 0; key != NULL && i < len; i++)
        if (key[i] <= ' ' || key[i] > '~')
            len = 0;
    return (len > 0 && len <= KEY_MAX) ||
           client_fail(error, 400, "an idempotency key is 1 to 255 visible ASCII characters");
}

/* `object` may be NULL when the answer has no body. */
static bool give_job(const struct json_value *object, struct jobd_job **ret_job,
                     struct jobd_error *error)
{
    struct err err = {0};
    struct jobd_job *job = NULL;
    if (ret_job == NULL)
        return true;
    if (object != NULL)
        job = job_new(object, &err);
    if (job == NULL)
        return client_fail(error, 0, "the server's answer holds no job: %s", err.text);
    *ret_job = job;
    return true;
}

bool client_create_json(struct jobd_client *client, struct span body, const char *key,
                        struct jobd_job **ret_job, struct jobd_error *error)
{
    AUTO(json_free_at) struct json_value *answer = NULL;
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "POST",
        .path = OUR_JOBS,
        .body = body,
        .idempotency_key = key,
        .answer = BUF(ANSWER_CEILING),
    };
    return key_check(key, error) && client_call(client, &call, 201, &answer, error) &&
           give_job(answer, ret_job, error);
}

bool jobd_create(struct jobd_client *client, const struct jobd_create *create,
                 struct jobd_job **ret_job, struct jobd_error *error)
{
    AUTO(buf_release) struct buf body = BUF(BODY_CEILING);
    struct err err = {0};
    if (!create_write(&body, create, &err))
        return client_fail(error, 400, "%s", err.text);
    return client_create_json(client, buf_span(&body), create->idempotency_key, ret_job, error);
}

/* {"job":{…}} */
static const struct json_value *job_within(const struct json_value *answer)
{
    struct report_answer {
        const struct json_value *job;
        bool has_job;
    } found = {0};
    static const struct json_field fields[] = {
        JSON_FIELD("job", JSON_ANY, struct report_answer, job, has_job)};
    if (answer == NULL || !json_read_object(answer, fields, 1, false, &found, NULL))
        return NULL;
    return found.job;
}

bool client_report(struct jobd_client *client, const char *id, const struct report_body *body,
                   struct json_value **ret_answer, struct jobd_error *error)
{
    char path[sizeof(OUR_JOBS) + JOBD_ID_SIZE];
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "PATCH", .path = path, .body = body->json, .answer = BUF(CLAIMS_CEILING)};
    if (!client_id_check(id, error))
        return false;
    snprintf(path, sizeof(path), OUR_JOBS "/%s", id);
    call.fence = body->fence;
    return client_call(client, &call, 200, ret_answer, error);
}

bool client_report_json(struct jobd_client *client, const char *id, const struct report_body *body,
                        struct jobd_job **ret_job, struct jobd_error *error)
{
    AUTO(json_free_at) struct json_value *answer = NULL;
    return client_report(client, id, body, &answer, error) &&
           give_job(job_within(answer), ret_job, error);
}

bool jobd_report(struct jobd_client *client, const char *id, const struct jobd_report *report,
                 struct jobd_job **ret_job, struct jobd_error *error)
{
    AUTO(buf_release) struct buf body = BUF(BODY_CEILING);
    struct err err = {0};
    if (!report_write(&body, report, NULL, &err))
        return client_fail(error, 400, "%s", err.text);
    struct report_body under = {buf_span(&body), report->fence};
    return client_report_json(client, id, &under, ret_job, error);
}

/* Nothing is given where the server says that nothing changed. */
static bool get(struct jobd_client *client, const char *id, struct exchange_call *call,
                struct jobd_job **ret_job, struct jobd_error *error)
{
    char path[sizeof(CONTRACT_JOBS) + JOBD_ID_SIZE];
    AUTO(json_free_at) struct json_value *answer = NULL;
    struct jobd_job *job = NULL;
    if (!client_id_check(id, error))
        return false;
    snprintf(path, sizeof(path), CONTRACT_JOBS "/%s", id);
    call->path = path;
    if (!client_call(client, call, 200, &answer, error) ||
        (call->status == 200 && !give_job(answer, &job, error)))
        return false;
    if (job != NULL)
        memcpy(job->etag, call->etag, sizeof(job->etag));
    *ret_job = job;
    return true;
}

bool jobd_get(struct jobd_client *client, const char *id, struct jobd_job **ret_job,
              struct jobd_error *error)
{
    AUTO(exchange_release)
    struct exchange_call call = {.method = "GET", .answer = BUF(ANSWER_CEILING)};
    return get(client, id, &call, ret_job, error);
}

bool jobd_wait(struct jobd_client *client, const struct jobd_job *known, int seconds,
               struct jobd_job **ret_job, struct jobd_error *error)
{
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "GET",
        .known = known->etag[0] != '\0' ? known->etag : NULL,
        .wait_seconds = seconds,
        .answer = BUF(ANSWER_CEILING),
    };
    return get(client, known->id, &call, ret_job, error);
}

bool jobd_delete(struct jobd_client *client, const char *id, const char *message,
                 struct jobd_error *error)
{
    AUTO(buf_release) struct buf path = BUF(PATH_CEILING);
    AUTO(json_free_at) struct json_value *answer = NULL;
    if (!client_id_check(id, error))
        return false;
    buf_printf(&path, CONTRACT_JOBS "/%s", id);
    if (message != NULL && *message != '\0') {
        buf_add_str(&path, "?message=");
        transport_escape(&path, message);
    }
    if (buf_failed(&path))
        return client_fail(error, 400, "the message is too long");
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "DELETE", .path = path.ptr, .answer = BUF(ANSWER_CEILING)};
    return client_call(client, &call, 204, &answer, error);
}
