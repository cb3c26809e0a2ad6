/* Claims: a request read by a table of fields, and the answer with the jobs handed out. */
#include "model/claim.h"

#include "base/scope.h"
#include "model/body.h"
#include "model/job_json.h"
#include "model/text_rule.h"
#include "model/type_list.h"

struct given {
    const struct json_value *types;
    struct span worker, request_id;
    int64_t max, lease, wait;
    bool has_types, has_worker, has_request_id, has_max, has_lease, has_wait;
};

#define WORKER_FIELD JSON_FIELD("workerId", JSON_SPAN, struct given, worker, has_worker)
#define LEASE_FIELD                                                                                \
    JSON_FIELD_INT("leaseSeconds", struct given, lease, has_lease, LEASE_SECONDS_MIN,              \
                   LEASE_SECONDS_MAX)

#define CLAIM_FIELDS                                                                               \
    JSON_FIELD("types", JSON_ANY, struct given, types, has_types), WORKER_FIELD,                   \
        JSON_FIELD_INT("max", struct given, max, has_max, 1, CLAIM_JOBS_MAX), LEASE_FIELD,         \
        JSON_FIELD("requestId", JSON_SPAN, struct given, request_id, has_request_id)

static const struct json_field claim_fields[] = {
    CLAIM_FIELDS,
    JSON_FIELD_INT("waitSeconds", struct given, wait, has_wait, 0, CLAIM_WAIT_MAX),
};

/* Within a report, which does not wait. */
static const struct json_field next_fields[] = {CLAIM_FIELDS};

static const struct json_field claimant_fields[] = {WORKER_FIELD, LEASE_FIELD};

static enum problem invalid(struct err *err, const char *sentence)
{
    err_set(err, "%s", sentence);
    return PROBLEM_INVALID_REQUEST;
}

static enum problem read_claimant(struct arena *arena, const struct given *given,
                                  struct claimant *ret_claimant, struct err *err)
{
    static const struct text_rule rule = {"field workerId", 1, LEASE_WORKER_MAX, TEXT_NO_CONTROLS};
    if (!given->has_worker)
        return invalid(err, "The field workerId is required.");
    if (!text_rule_check(&rule, given->worker, err))
        return PROBLEM_INVALID_REQUEST;
    struct span worker = arena_span(arena, given->worker);
    if (worker.ptr == NULL)
        return problem_no_memory(err);
    *ret_claimant = (struct claimant){.worker = worker, .lease_ms = given->lease * 1000};
    return PROBLEM_NONE;
}

/* Inserts a type where the list wants it, unless it is there already. */
static enum problem add_type(struct arena *arena, const struct json_value *item, struct span *types,
                             size_t *count, struct err *err)
{
    static const struct text_rule rule = {"field types: each type", 1, JOB_TYPE_MAX,
                                          TEXT_NO_CONTROLS};
    struct span type;
    size_t place;
    if (!json_text(item, &type))
        return invalid(err, "The field types must hold strings only.");
    if (!text_rule_check(&rule, type, err))
        return PROBLEM_INVALID_REQUEST;
    if (type_list_find(types, *count, type, &place))
        return PROBLEM_NONE;
    type = arena_span(arena, type);
    if (type.ptr == NULL)
        return problem_no_memory(err);
    memmove(&types[place + 1], &types[place], (*count - place) * sizeof(*types));
    types[place] = type;
    ++*count;
    return PROBLEM_NONE;
}

static enum problem read_types(struct arena *arena, const struct given *given, struct claim *claim,
                               struct err *err)
{
    size_t length = given->has_types ? json_length(given->types) : 0;
    if (!given->has_types)
        return invalid(err, "The field types is required.");
    if (length == 0 || length > CLAIM_TYPES_MAX) {
        err_set(err, "The field types must be a list of 1 to %d types.", CLAIM_TYPES_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    struct span *types = ARENA_ARRAY(arena, struct span, length);
    if (types == NULL)
        return problem_no_memory(err);
    enum problem problem = PROBLEM_NONE;
    for (size_t i = 0; i < length && problem == PROBLEM_NONE; i++)
        problem = add_type(arena, json_item(given->types, i), types, &claim->type_count, err);
    claim->types = types;
    return problem;
}

static bool is_visible_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '!' || text.ptr[i] > '~')
            return false;
    }
    return true;
}

static enum problem read_request_id(struct arena *arena, const struct given *given,
                                    struct claim *claim, struct err *err)
{
    struct span id = given->request_id;
    if (!given->has_request_id)
        return PROBLEM_NONE;
    if (id.len < 1 || id.len > CLAIM_REQUEST_ID_MAX || !is_visible_ascii(id)) {
        err_set(err, "The field requestId must have 1 to %d visible ASCII characters.",
                CLAIM_REQUEST_ID_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    claim->request_id = arena_span(arena, id);
    return claim->request_id.ptr != NULL ? PROBLEM_NONE : problem_no_memory(err);
}

static enum problem read_claim(struct arena *arena, const struct json_value *object,
                               const struct json_field *fields, size_t field_count,
                               struct claim *ret_claim, struct err *err)
{
    struct given given = {.max = 1, .lease = LEASE_SECONDS_DEFAULT};
    if (!body_read(object, fields, field_count, true, &given, err))
        return PROBLEM_INVALID_REQUEST;

    struct claim claim = {.max = (size_t)given.max, .wait_ms = given.wait * 1000};
    enum problem problem = read_types(arena, &given, &claim, err);
    if (problem == PROBLEM_NONE)
        problem = read_claimant(arena, &given, &claim.by, err);
    if (problem == PROBLEM_NONE)
        problem = read_request_id(arena, &given, &claim, err);
    if (problem == PROBLEM_NONE)
        *ret_claim = claim;
    return problem;
}

enum problem claim_read(struct arena *arena, struct span body, struct claim *ret_claim,
                        struct err *err)
{
    AUTO(json_free_at) struct json_value *document = body_parse(body, err);
    if (document == NULL)
        return PROBLEM_INVALID_REQUEST;
    return read_claim(arena, document, claim_fields, ARRAY_SIZE(claim_fields), ret_claim, err);
}

enum problem claim_read_next(struct arena *arena, const struct json_value *object,
                             struct claim *ret_claim, struct err *err)
{
    return read_claim(arena, object, next_fields, ARRAY_SIZE(next_fields), ret_claim, err);
}

enum problem claimant_read(struct arena *arena, const struct json_value *object,
                           struct claimant *ret_claimant, struct err *err)
{
    struct given given = {.lease = LEASE_SECONDS_DEFAULT};
    if (!body_read(object, claimant_fields, ARRAY_SIZE(claimant_fields), true, &given, err))
        return PROBLEM_INVALID_REQUEST;
    return read_claimant(arena, &given, ret_claimant, err);
}

static void grant_json(struct json_writer *json, const struct grant *grant)
{
    json_begin_object(json);
    json_key(json, "job");
    job_json(json, &grant->job);
    if (grant->payload.len > 0) {
        json_key(json, "payload");
        json_raw(json, grant->payload);
    }
    json_int_at(json, "fence", grant->fence);
    json_time_at(json, "leaseExpiresOn", grant->expires_on);
    json_int_at(json, "attempt", grant->job.attempt);
    json_int_at(json, "maxAttempts", grant->job.max_attempts);
    json_end_object(json);
}

void claims_json_at(struct json_writer *json, const struct grant *grants, size_t count)
{
    json_key(json, "claims");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        grant_json(json, &grants[i]);
    json_end_array(json);
}

void claims_json(struct json_writer *json, const struct grant *grants, size_t count)
{
    json_begin_object(json);
    claims_json_at(json, grants, count);
    json_end_object(json);
}
