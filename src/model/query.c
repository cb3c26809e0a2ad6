/* Find requests: the contract's parameters, read from the query string by their table. */
#include "model/query.h"

#include "base/parse.h"
#include "base/scope.h"
#include "base/text.h"
#include "base/url.h"
#include "model/job.h"
#include "model/text_rule.h"
#include "model/type_list.h"

/* What has been read so far. Indices of enum values are those of the table. */
struct reading {
    struct arena *arena;
    struct query *query;
    struct err *err;
    uint32_t states, results;
    bool ascending;
    struct span types[QUERY_TYPES_MAX];
    size_t type_count;
};

static const char *const match_values[] = {"START", "END", "ANYWHERE", "EXACT", NULL};
static const char *const result_values[] = {"NOT_SET", "SUCCESS", "COMPLETED_WITH_ERROR",
                                            "FAILURE", "ABORTED", NULL};
static const char *const state_values[] = {"WAITING", "RUNNING", "COMPLETED",
                                           "FAILED",  "DELETED", NULL};
static const char *const order_values[] = {"NAME",  "TYPE",   "START_DATE", "END_DATE",
                                           "STATE", "RESULT", NULL};
static const char *const direction_values[] = {"ASC", "DESC", NULL};

enum parameter {
    NAME_MATCH_MODE,
    NAME,
    RESULT,
    STATE,
    TYPE,
    USER,
    SORT_FIELD,
    SORT_ORDER,
    CURSOR,
    PAGE_SIZE,
    PARAMETER_COUNT
};

const struct query_parameter query_parameters[] = {
    [NAME_MATCH_MODE] = {"nameMatchMode", false, match_values, "ANYWHERE"},
    [NAME] = {"name", false, NULL, NULL},
    [RESULT] = {"result", true, result_values, NULL},
    [STATE] = {"state", true, state_values, NULL},
    [TYPE] = {"type", true, NULL, NULL},
    [USER] = {"user", false, NULL, NULL},
    [SORT_FIELD] = {"sortField", false, order_values, NULL},
    [SORT_ORDER] = {"sortOrder", false, direction_values, "DESC"},
    [CURSOR] = {"cursor", false, NULL, NULL},
    [PAGE_SIZE] = {"pageSize", false, NULL, "10"},
};
const size_t query_parameter_count = ARRAY_SIZE(query_parameters);

static enum problem invalid(struct err *err, const char *sentence)
{
    err_set(err, "%s", sentence);
    return PROBLEM_INVALID_REQUEST;
}

static enum problem read_match(struct reading *reading, struct span value)
{
    static const struct {
        const char *name;
        enum name_match match;
    } modes[] = {
        {"START", MATCH_START},
        {"END", MATCH_END},
        {"ANYWHERE", MATCH_ANYWHERE},
        {"EXACT", MATCH_EXACT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (span_is(value, modes[i].name))
            reading->query->match = modes[i].match;
    }
    return PROBLEM_NONE;
}

static enum problem read_name(struct reading *reading, struct span value)
{
    static const struct text_rule rule = {"parameter name", 1, JOB_NAME_MAX, TEXT_NO_CONTROLS};
    struct query *query = reading->query;
    if (!text_rule_check(&rule, value, reading->err))
        return PROBLEM_INVALID_REQUEST;
    query->has_name = true;
    query->name = value;
    query->name_folded = text_fold(reading->arena, value);
    return query->name_folded.ptr != NULL ? PROBLEM_NONE : problem_no_memory(reading->err);
}

static enum problem read_result(struct reading *reading, struct span value)
{
    enum job_result result;
    if (result_parse(value, &result))
        reading->results |= 1u << result;
    return PROBLEM_NONE;
}

static enum problem read_state(struct reading *reading, struct span value)
{
    enum job_state state;
    if (state_parse(value, &state))
        reading->states |= 1u << state;
    return PROBLEM_NONE;
}

static enum problem read_type(struct reading *reading, struct span value)
{
    static const struct text_rule rule = {"parameter type", 1, JOB_TYPE_MAX, TEXT_NO_CONTROLS};
    struct span *types = reading->types;
    size_t place;
    if (!text_rule_check(&rule, value, reading->err))
        return PROBLEM_INVALID_REQUEST;
    if (type_list_find(types, reading->type_count, value, &place))
        return PROBLEM_NONE;
    if (reading->type_count == QUERY_TYPES_MAX) {
        err_set(reading->err, "The parameter type may have at most %d different values.",
                QUERY_TYPES_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    memmove(&types[place + 1], &types[place], (reading->type_count - place) * sizeof(*types));
    types[place] = value;
    reading->type_count++;
    return PROBLEM_NONE;
}

static enum problem read_user(struct reading *reading, struct span value)
{
    if (!uuid_parse(value, &reading->query->user))
        return invalid(reading->err, "The parameter user must be a UUID.");
    reading->query->has_user = true;
    return PROBLEM_NONE;
}

static enum problem read_order(struct reading *reading, struct span value)
{
    static const struct {
        const char *name;
        enum query_order order;
    } orders[] = {
        {"NAME", ORDER_NAME},         {"TYPE", ORDER_TYPE},   {"START_DATE", ORDER_START_DATE},
        {"END_DATE", ORDER_END_DATE}, {"STATE", ORDER_STATE}, {"RESULT", ORDER_RESULT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        if (span_is(value, orders[i].name))
            reading->query->order = orders[i].order;
    }
    return PROBLEM_NONE;
}

static enum problem read_direction(struct reading *reading, struct span value)
{
    reading->ascending = span_is(value, "ASC");
    return PROBLEM_NONE;
}

static enum problem read_cursor(struct reading *reading, struct span value)
{
    reading->query->cursor = value;
    return PROBLEM_NONE;
}

static enum problem read_page_size(struct reading *reading, struct span value)
{
    int64_t size;
    if (!parse_int(value, 1, QUERY_PAGE_MAX, &size)) {
        err_set(reading->err, "The parameter pageSize must be a whole number from 1 to %d.",
                QUERY_PAGE_MAX);
        return PROBLEM_INVALID_REQUEST;
    }
    reading->query->page_size = (size_t)size;
    return PROBLEM_NONE;
}

/* Each is given values that are not empty, and of an enum only those the table allows. */
static enum problem (*const readers[PARAMETER_COUNT])(struct reading *, struct span) = {
    [NAME_MATCH_MODE] = read_match,
    [NAME] = read_name,
    [RESULT] = read_result,
    [STATE] = read_state,
    [TYPE] = read_type,
    [USER] = read_user,
    [SORT_FIELD] = read_order,
    [SORT_ORDER] = read_direction,
    [CURSOR] = read_cursor,
    [PAGE_SIZE] = read_page_size,
};

/* The table's index for a key; PARAMETER_COUNT when it is unknown. Arrays may end with `[]`. */
static size_t find_parameter(struct span key)
{
    struct span bare = key;
    if (key.len > 2 && memcmp(key.ptr + key.len - 2, "[]", 2) == 0)
        bare.len -= 2;
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const struct query_parameter *parameter = &query_parameters[i];
        if (span_is(parameter->array ? bare : key, parameter->name))
            return i;
    }
    return PARAMETER_COUNT;
}

static bool is_among(const char *const *values, struct span value)
{
    for (; *values != NULL; values++) {
        if (span_is(value, *values))
            return true;
    }
    return false;
}

static enum problem outside_enum(const struct query_parameter *parameter, struct err *err)
{
    AUTO(buf_release) struct buf list = BUF(256);
    for (const char *const *value = parameter->values; *value != NULL; value++)
        buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", *value);
    err_set(err, "The parameter %s must be one of %s.", parameter->name,
            buf_failed(&list) ? "its values" : list.ptr);
    return PROBLEM_INVALID_REQUEST;
}

/* `given` keeps the value of each single-valued parameter. */
static enum problem read_value(struct reading *reading, size_t index, struct span *given,
                               struct span value)
{
    const struct query_parameter *parameter = &query_parameters[index];
    if (parameter->values != NULL && !is_among(parameter->values, value))
        return outside_enum(parameter, reading->err);
    if (!parameter->array && given[index].len > 0) {
        if (span_eq(given[index], value))
            return PROBLEM_NONE;
        err_set(reading->err, "The parameter %s was given twice with different values.",
                parameter->name);
        return PROBLEM_INVALID_REQUEST;
    }
    given[index] = value;
    return readers[index](reading, value);
}

static enum problem read_pairs(struct reading *reading, struct span rest)
{
    struct span given[PARAMETER_COUNT] = {0};
    struct span key, value;
    struct err problem = {0};
    while (url_next_pair(reading->arena, &rest, &key, &value, &problem)) {
        size_t index = find_parameter(key);
        if (index == PARAMETER_COUNT || value.len == 0)
            continue;
        enum problem outcome = read_value(reading, index, given, value);
        if (outcome != PROBLEM_NONE)
            return outcome;
    }
    if (problem.text[0] == '\0')
        return PROBLEM_NONE;
    err_set(reading->err, "The query string could not be read: %s.", problem.text);
    return PROBLEM_INVALID_REQUEST;
}

static enum problem keep_types(struct reading *reading)
{
    size_t count = reading->type_count;
    struct span *types;
    if (count == 0)
        return PROBLEM_NONE;
    types = ARENA_ARRAY(reading->arena, struct span, count);
    if (types == NULL)
        return problem_no_memory(reading->err);
    memcpy(types, reading->types, count * sizeof(*types));
    reading->query->types = types;
    reading->query->type_count = count;
    return PROBLEM_NONE;
}

enum problem query_parse(struct arena *arena, struct span query_string, struct query *ret_query,
                         struct err *err)
{
    struct query query = {.match = MATCH_ANYWHERE, .page_size = QUERY_PAGE_DEFAULT};
    struct reading reading;
    enum problem problem;

    /* The types are not cleared: this runs for every request, and the count guards them. */
    reading.arena = arena;
    reading.query = &query;
    reading.err = err;
    reading.states = reading.results = 0;
    reading.ascending = false;
    reading.type_count = 0;

    problem = read_pairs(&reading, query_string);
    if (problem == PROBLEM_NONE)
        problem = keep_types(&reading);
    if (problem != PROBLEM_NONE)
        return problem;
    query.statuses = status_mask(reading.states, reading.results);
    query.ascending = query.order != ORDER_CREATED && reading.ascending;
    *ret_query = query;
    return PROBLEM_NONE;
}
