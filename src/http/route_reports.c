/* The producers' endpoints: create one job, create many, report on a job. */
#include "base/log.h"
#include "base/scope.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "model/body.h"
#include "model/digest.h"
#include "model/job_json.h"
#include "model/lease_json.h"
#include "service/reports.h"

#include <stdio.h>

#define KEY_MAX 255

/* The Idempotency-Key, and a digest of what it stands for: this path and query with this body. */
static enum problem read_key(struct request *request, struct store_create *create, struct err *err)
{
    create->key = request_header(request, "Idempotency-Key");
    create->key_account = request->account.id;
    if (create->key.ptr == NULL)
        return PROBLEM_NONE;
    bool visible = create->key.len > 0 && create->key.len <= KEY_MAX;
    for (size_t i = 0; visible && i < create->key.len; i++)
        visible = create->key.ptr[i] > ' ' && create->key.ptr[i] <= '~';
    if (!visible) {
        err_set(err, "An Idempotency-Key is 1 to %d visible ASCII characters.", KEY_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    const char *scope = arena_printf(&request->arena, "%s?%.*s", request->route->pattern,
                                     (int)request->query.len, request->query.ptr);
    digest_pair(span_of(scope), request->body, create->key_digest);
    return PROBLEM_NONE;
}

static void respond_location(struct request *request, const struct job *job)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&job->id, id);
    respond_header(request, "Location", arena_printf(&request->arena, "/rest/jobs/v1/jobs/%s", id));
}

static const char *time_text(struct request *request, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(ms, text);
    return arena_strdup(&request->arena, text);
}

/* What the creator holds from the start; nothing more is known here, since nobody else could touch
 * it. */
static void respond_lease(struct request *request, const struct draft *draft, const struct job *job)
{
    if (!draft->has_claim)
        return;
    respond_header(request, "Lease-Fence", "1");
    respond_header(request, "Lease-Expires-On",
                   time_text(request, job->started_on + draft->claim_lease_ms));
}

static void create_answer(struct request *request)
{
    const struct store_create *create = request->operation;
    if (route_failed(request, &create->call))
        return;
    struct json_writer json = respond_json(request, 201);
    job_json(&json, &create->jobs[0]);
    respond_location(request, &create->jobs[0]);
    respond_lease(request, &create->drafts[0], &create->jobs[0]);
    respond_etag(request, create->jobs[0].change);
}

static enum problem read_draft(struct request *request, const struct json_value *object,
                               struct draft *ret_draft, struct err *err)
{
    enum problem problem = draft_read(&request->arena, object, ret_draft, err);
    return problem != PROBLEM_NONE
               ? problem
               : reports_authorize(request->service, &request->account, ret_draft, err);
}

static enum problem read_create(struct request *request, struct store_create *create,
                                struct err *err)
{
    AUTO(json_free_at) struct json_value *object = body_parse(request->body, err);
    struct draft *draft = ARENA_NEW(&request->arena, struct draft);
    create->jobs = ARENA_NEW(&request->arena, struct job);
    create->drafts = draft;
    create->count = 1;
    if (object == NULL)
        return PROBLEM_INVALID_REQUEST;
    if (draft == NULL || create->jobs == NULL)
        return PROBLEM_NO_MEMORY;
    enum problem problem = read_key(request, create, err);
    return problem != PROBLEM_NONE ? problem : read_draft(request, object, draft, err);
}

void route_job_create(struct request *request)
{
    struct store_create *create = route_operation(request, sizeof(*create), create_answer);
    struct err err = {0};
    if (create == NULL)
        return;
    enum problem problem = read_create(request, create, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    create->arena = &request->arena;
    route_prepare(request, &create->call);
    reports_create(request->service, create);
}

/* One item of a bulk request: a job to come, or why not. */
struct bulk_item {
    enum problem problem;
    struct err err;
};

struct bulk {
    struct store_create create;
    struct bulk_item *items;
    struct draft *drafts; /* the good ones, in order */
    size_t count;
    bool atomic;
};

static void bulk_item_json(struct json_writer *json, struct request *request,
                           const struct bulk_item *item, const struct job *job)
{
    json_begin_object(json);
    json_key(json, "status");
    if (item->problem == PROBLEM_NONE) {
        json_int(json, 201);
        json_key(json, "job");
        job_json(json, job);
    } else {
        AUTO(buf_release) struct buf error = BUF(4096);
        json_int(json, problem_status(item->problem));
        json_key(json, "error");
        problem_json(&error, item->problem, item->err.text, request->trace.span_id);
        json_raw(json, buf_span(&error));
    }
    json_end_object(json);
}

static void bulk_answer(struct request *request)
{
    const struct bulk *bulk = request->operation;
    if (route_failed(request, &bulk->create.call))
        return;
    const struct job *job = bulk->create.jobs;
    struct json_writer json = respond_json(request, 200);
    json_begin_object(&json);
    json_key(&json, "results");
    json_begin_array(&json);
    for (size_t i = 0; i < bulk->count; i++) {
        bulk_item_json(&json, request, &bulk->items[i], job);
        job += bulk->items[i].problem == PROBLEM_NONE;
    }
    json_end_array(&json);
    json_end_object(&json);
}

struct bulk_body {
    const struct json_value *jobs;
    bool has_jobs;
};

static enum problem bulk_jobs(const struct json_value *object, const struct json_value **ret_jobs,
                              struct err *err)
{
    static const struct json_field fields[] = {
        JSON_FIELD("jobs", JSON_ANY, struct bulk_body, jobs, has_jobs)};
    struct bulk_body body = {0};
    if (!json_read_object(object, fields, ARRAY_SIZE(fields), true, &body, err))
        return PROBLEM_INVALID_REQUEST;
    if (!body.has_jobs || !json_is_array(body.jobs) || json_length(body.jobs) == 0 ||
        json_length(body.jobs) > DRAFT_BULK_MAX) {
        err_set(err, "The field jobs must be a list of 1 to %d jobs.", DRAFT_BULK_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    *ret_jobs = body.jobs;
    return PROBLEM_NONE;
}

/* There is no way to tell in a list what was granted. */
static enum problem read_item(struct request *request, const struct json_value *object,
                              struct draft *ret_draft, struct err *err)
{
    enum problem problem = read_draft(request, object, ret_draft, err);
    if (problem != PROBLEM_NONE || !ret_draft->has_claim)
        return problem;
    err_set(err, "The field claim goes with a single create only.");
    return PROBLEM_INVALID_REQUEST;
}

/* The error of an item as one of the whole request. */
static enum problem fail_at(size_t i, enum problem problem, struct err *err)
{
    char path[32];
    /* Legal names may fold to eleven times their bytes: what has no room is more than we take. */
    if (problem == PROBLEM_NO_MEMORY) {
        err_set(err, "There is no room for this job and those after it.");
        problem = PROBLEM_PAYLOAD_TOO_LARGE;
    }
    snprintf(path, sizeof(path), "jobs[%zu]", i);
    body_error_at(err, path);
    return problem;
}

/* Reads each item; the good ones become drafts. With ?atomic=true the first bad one is the end. */
static enum problem bulk_items(struct request *request, struct bulk *bulk,
                               const struct json_value *jobs, struct err *err)
{
    bulk->count = json_length(jobs);
    bulk->items = ARENA_ARRAY(&request->arena, struct bulk_item, bulk->count);
    bulk->drafts = ARENA_ARRAY(&request->arena, struct draft, bulk->count);
    bulk->create.jobs = ARENA_ARRAY(&request->arena, struct job, bulk->count);
    if (bulk->items == NULL || bulk->drafts == NULL || bulk->create.jobs == NULL)
        return PROBLEM_NO_MEMORY;
    for (size_t i = 0; i < bulk->count; i++) {
        struct bulk_item *item = &bulk->items[i];
        struct draft *draft = &bulk->drafts[bulk->create.count];
        item->problem = read_item(request, json_item(jobs, i), draft, &item->err);
        if (item->problem == PROBLEM_NONE) {
            bulk->create.count++;
            continue;
        }
        *draft = (struct draft){0};
        if (bulk->atomic || item->problem == PROBLEM_NO_MEMORY) {
            *err = item->err;
            return fail_at(i, item->problem, err);
        }
    }
    return PROBLEM_NONE;
}

/*
 * Which items are good depends on the accounts there are now: when that has changed, the same body
 * is another request, and must not be answered with the jobs of the first.
 */
static enum problem bind_items(struct request *request, struct bulk *bulk)
{
    char *good = arena_alloc(&request->arena, bulk->count, 1);
    if (good == NULL)
        return PROBLEM_NO_MEMORY;
    for (size_t i = 0; i < bulk->count; i++)
        good[i] = bulk->items[i].problem == PROBLEM_NONE;
    uint8_t *digest = bulk->create.key_digest;
    digest_pair((struct span){(const char *)digest, DIGEST_SIZE}, (struct span){good, bulk->count},
                digest);
    return PROBLEM_NONE;
}

static enum problem read_bulk(struct request *request, struct bulk *bulk, struct err *err)
{
    bool given = false;
    struct span atomic = {0};
    enum problem problem = route_parameter(request, "atomic", &given, &atomic, err);
    if (problem == PROBLEM_NONE && given && !span_is(atomic, "true") && !span_is(atomic, "false")) {
        err_set(err, "The parameter atomic must be true or false.");
        problem = PROBLEM_INVALID_REQUEST;
    }
    bulk->atomic = span_is(atomic, "true");
    AUTO(json_free_at)
    struct json_value *object = problem == PROBLEM_NONE ? body_parse(request->body, err) : NULL;
    const struct json_value *jobs = NULL;
    if (object == NULL)
        return PROBLEM_INVALID_REQUEST;
    problem = bulk_jobs(object, &jobs, err);
    if (problem == PROBLEM_NONE)
        problem = read_key(request, &bulk->create, err);
    if (problem == PROBLEM_NONE)
        problem = bulk_items(request, bulk, jobs, err);
    return problem != PROBLEM_NONE ? problem : bind_items(request, bulk);
}

void route_jobs_create(struct request *request)
{
    struct bulk *bulk = route_operation(request, sizeof(*bulk), bulk_answer);
    struct err err = {0};
    if (bulk == NULL)
        return;
    enum problem problem = read_bulk(request, bulk, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    if (bulk->create.count == 0)
        return bulk_answer(request);
    bulk->create.drafts = bulk->drafts;
    bulk->create.arena = &request->arena;
    route_prepare(request, &bulk->create.call);
    reports_create(request->service, &bulk->create);
}

/*
 * A claim that failed is no reason to call the report that: its sender is told of no claims, not
 * even of an empty list, and claims by itself then.
 */
static bool find_claims(const struct request *request, const struct reports_report *report,
                        struct report_claims *ret_claims)
{
    const struct store_claim *claim = &report->claim;
    *ret_claims = (struct report_claims){claim->grants, claim->count};
    if (claim->call.problem == PROBLEM_NONE)
        return report->report.next != NULL;
    log_event(LOG_ERROR, problem_code(claim->call.problem),
              LOG_F_STR("detail", claim->call.err.text), LOG_F_STR("span", request->trace.span_id));
    return false;
}

static void report_answer(struct request *request)
{
    const struct reports_report *report = request->operation;
    if (route_failed(request, &report->update.call))
        return;
    const struct store_update *update = &report->update;
    int64_t expires_on =
        update->lease.held ? lease_expires_on(&update->lease, update->now) : JOB_NO_TIME;
    struct report_claims claims;
    bool found = find_claims(request, report, &claims);
    struct json_writer json = respond_json(request, 200);
    report_json(&json, &update->job, expires_on, found ? &claims : NULL);
    respond_etag(request, update->job.change);
}

void route_job_report(struct request *request)
{
    struct reports_report *report = route_operation(request, sizeof(*report), report_answer);
    struct err err = {0};
    if (report == NULL || !route_job_id(request, &report->update.id))
        return;
    enum problem problem = report_parse(&request->arena, request->body, &report->report, &err);
    if (problem == PROBLEM_NONE)
        problem = route_fence(request, &report->report.fence, &err);
    if (problem == PROBLEM_NONE)
        problem = reports_permit(&request->account, &report->report, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    report->caller = &request->account;
    report->update.arena = &request->arena;
    route_prepare(request, &report->update.call);
    reports_report(request->service, report);
}
