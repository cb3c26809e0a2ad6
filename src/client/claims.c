/* Claims: jobs handed out to us, kept by heartbeats, given back. */
#include "base/arena.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "base/scope.h"
#include "client/bodies.h"
#include "client/client.h"
#include "client/job.h"

#include <stdio.h>

#define CLAIMS "/rest/jobd/v1/claims"
#define LEASE "/rest/jobd/v1/jobs/%s/lease"
#define LEASE_CEILING (64u << 10)
#define ARENA_CEILING (2u << 20)

/* A grant and its payload live in one arena, which lies beside it. */
struct grant_box {
    struct jobd_grant grant;
    struct arena arena;
};

/* One of the answer's claims. */
struct given {
    const struct json_value *job, *payload;
    int64_t fence, expires_on, attempt, max_attempts;
    bool has_job, has_payload, has_fence, has_expires_on, has_attempt, has_max_attempts;
};

static const struct json_field fields[] = {
    JSON_FIELD("job", JSON_ANY, struct given, job, has_job),
    JSON_FIELD("payload", JSON_ANY, struct given, payload, has_payload),
    JSON_FIELD_INT("fence", struct given, fence, has_fence, 1, INT64_MAX),
    JSON_FIELD("leaseExpiresOn", JSON_TIME, struct given, expires_on, has_expires_on),
    JSON_FIELD_INT("attempt", struct given, attempt, has_attempt, 0, INT32_MAX),
    JSON_FIELD_INT("maxAttempts", struct given, max_attempts, has_max_attempts, 0, INT32_MAX),
};

static bool fill(struct grant_box *box, const struct given *given, struct err *err)
{
    box->grant = (struct jobd_grant){
        .fence = given->fence,
        .lease_expires_on = given->expires_on,
        .attempt = (int)given->attempt,
        .max_attempts = (int)given->max_attempts,
    };
    if (given->has_payload) {
        struct span payload = json_dump(&box->arena, given->payload);
        box->grant.payload =
            payload.ptr != NULL ? arena_strndup(&box->arena, payload.ptr, payload.len) : NULL;
        if (box->grant.payload == NULL)
            return err_set(err, "no memory for a payload");
    }
    box->grant.job = job_new(given->job, err);
    return box->grant.job != NULL;
}

static struct jobd_grant *grant_new(const struct json_value *object, struct err *err)
{
    struct given given = {.expires_on = JOBD_NO_TIME};
    if (!json_read_object(object, fields, ARRAY_SIZE(fields), false, &given, err))
        return NULL;
    struct grant_box *box = given.has_job && given.has_fence ? mem_alloc(1, sizeof(*box)) : NULL;
    if (box == NULL) {
        err_set(err, "it lacks its job or its fence, or there is no memory");
        return NULL;
    }
    arena_init(&box->arena, ARENA_CEILING);
    if (fill(box, &given, err))
        return &box->grant;
    jobd_grant_free(&box->grant);
    return NULL;
}

void jobd_grant_free(struct jobd_grant *grant)
{
    if (grant == NULL)
        return;
    struct grant_box *box = CONTAINER_OF(grant, struct grant_box, grant);
    jobd_job_free(grant->job);
    arena_release(&box->arena);
    mem_free(box);
}

void jobd_grants_free(struct jobd_grants *grants)
{
    if (grants == NULL)
        return;
    for (size_t i = 0; i < grants->count; i++)
        jobd_grant_free(grants->grants[i]);
    mem_free(grants->grants);
    mem_free(grants);
}

static const struct json_value *claims_within(const struct json_value *answer)
{
    struct claims_answer {
        const struct json_value *claims;
        bool has_claims;
    } found = {0};
    static const struct json_field claims_fields[] = {
        JSON_FIELD("claims", JSON_ANY, struct claims_answer, claims, has_claims)};
    if (!json_read_object(answer, claims_fields, 1, false, &found, NULL))
        return NULL;
    return found.claims;
}

static bool read_grants(struct jobd_grants *grants, const struct json_value *claims,
                        struct err *err)
{
    size_t count = json_length(claims);
    grants->grants = mem_alloc(count > 0 ? count : 1, sizeof(struct jobd_grant *));
    if (grants->grants == NULL)
        return err_set(err, "no memory for %zu jobs", count);
    for (; grants->count < count; grants->count++) {
        grants->grants[grants->count] = grant_new(json_item(claims, grants->count), err);
        if (grants->grants[grants->count] == NULL)
            return false;
    }
    return true;
}

/* No answer's body is no jobs. */
static bool give_grants(const struct json_value *answer, struct jobd_grants **ret_grants,
                        struct jobd_error *error)
{
    struct err err = {0};
    struct jobd_grants *grants = mem_alloc(1, sizeof(*grants));
    if (grants == NULL)
        return client_fail(error, 0, "no memory for a claim");
    if (answer == NULL || read_grants(grants, claims_within(answer), &err)) {
        *ret_grants = grants;
        return true;
    }
    jobd_grants_free(grants);
    return client_fail(error, 0, "the server's answer holds no claims: %s", err.text);
}

bool jobd_claim(struct jobd_client *client, const struct jobd_claim *claim,
                struct jobd_grants **ret_grants, struct jobd_error *error)
{
    AUTO(buf_release) struct buf body = BUF(BODY_CEILING);
    AUTO(json_free_at) struct json_value *answer = NULL;
    struct err err = {0};
    if (!claim_write(&body, claim, &err))
        return client_fail(error, 400, "%s", err.text);
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "POST",
        .path = CLAIMS,
        .body = buf_span(&body),
        .wait_seconds = claim->wait_seconds,
        .answer = BUF(CLAIMS_CEILING),
    };
    /* 204 says that there is none. */
    bool good = client_call(client, &call, 200, &answer, error) || call.status == 204;
    return good && give_grants(answer, ret_grants, error);
}

bool jobd_report_next(struct jobd_client *client, const char *id, const struct jobd_report *report,
                      const struct jobd_claim *next, struct jobd_grants **ret_grants,
                      struct jobd_error *error)
{
    AUTO(buf_release) struct buf body = BUF(BODY_CEILING);
    AUTO(json_free_at) struct json_value *answer = NULL;
    struct err err = {0};
    if (!report_write(&body, report, next, &err))
        return client_fail(error, 400, "%s", err.text);
    struct report_body under = {buf_span(&body), report->fence};
    if (!client_report(client, id, &under, &answer, error))
        return false;
    *ret_grants = NULL;
    return claims_within(answer) == NULL || give_grants(answer, ret_grants, error);
}

static bool read_lease(const struct json_value *answer, struct jobd_lease *ret_lease,
                       struct err *err)
{
    struct lease_answer {
        int64_t expires_on;
        bool drain, has_expires_on, has_drain;
    } given = {.expires_on = JOBD_NO_TIME};
    static const struct json_field lease_fields[] = {
        JSON_FIELD("leaseExpiresOn", JSON_TIME, struct lease_answer, expires_on, has_expires_on),
        JSON_FIELD("drain", JSON_BOOL, struct lease_answer, drain, has_drain),
    };
    if (!json_read_object(answer, lease_fields, ARRAY_SIZE(lease_fields), false, &given, err))
        return false;
    *ret_lease = (struct jobd_lease){given.expires_on, given.drain};
    return true;
}

static void write_beat(struct buf *body, int lease_seconds)
{
    struct json_writer json = JSON_WRITER(body);
    json_begin_object(&json);
    if (lease_seconds != 0) {
        json_key(&json, "leaseSeconds");
        json_int(&json, lease_seconds);
    }
    json_end_object(&json);
}

bool jobd_beat(struct jobd_client *client, const char *id, int64_t fence, int lease_seconds,
               struct jobd_lease *ret_lease, struct jobd_error *error)
{
    char path[sizeof(LEASE) + JOBD_ID_SIZE];
    AUTO(buf_release) struct buf body = BUF(BODY_CEILING);
    AUTO(json_free_at) struct json_value *answer = NULL;
    struct err err = {0};
    struct jobd_lease lease;
    if (!client_id_check(id, error))
        return false;
    snprintf(path, sizeof(path), LEASE, id);
    write_beat(&body, lease_seconds);
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "PUT",
        .path = path,
        .body = buf_span(&body),
        .fence = fence,
        .answer = BUF(LEASE_CEILING),
    };
    if (!client_call(client, &call, 200, &answer, error))
        return false;
    if (!read_lease(answer, &lease, &err))
        return client_fail(error, 0, "the server's answer holds no lease: %s", err.text);
    if (ret_lease != NULL)
        *ret_lease = lease;
    return true;
}

bool jobd_release(struct jobd_client *client, const char *id, int64_t fence, int delay_seconds,
                  struct jobd_error *error)
{
    const struct jobd_report report = {
        .state = "WAITING",
        .progress = JOBD_NO_PROGRESS,
        .fence = fence,
        .delay_seconds = delay_seconds,
    };
    return jobd_report(client, id, &report, NULL, error);
}
