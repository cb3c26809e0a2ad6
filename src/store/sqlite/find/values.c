/* The values of an order, one after another, each a narrower scope. */
#include "store/sqlite/find/values.h"

#define NAME_MAX_BYTES (4 * JOB_TYPE_MAX)

void values_release(struct values *values)
{
    buf_release(&values->name);
}

static bool ascending(const struct search *search)
{
    return search->query->ascending;
}

/* The statuses of a state or result. */
static uint32_t statuses_of(const struct search *search, int number)
{
    uint32_t bit = 1u << number;
    uint32_t mask = search->query->order == ORDER_STATE ? status_mask(bit, 0) : status_mask(0, bit);

    return mask & search->scope.statuses;
}

static bool next_number(const struct search *search, struct values *values, int count)
{
    if (!values->started)
        values->number = search->has_after   ? (int)search->after.value
                         : ascending(search) ? 0
                                             : count - 1;
    else
        values->number += ascending(search) ? 1 : -1;
    return values->number >= 0 && values->number < count;
}

static bool next_status(const struct search *search, struct values *values, struct scope *scope)
{
    int count = search->query->order == ORDER_STATE ? (int)STATE_COUNT : (int)RESULT_COUNT;

    while (next_number(search, values, count)) {
        values->started = true;
        scope->statuses = statuses_of(search, values->number);
        if (scope->statuses != 0)
            return true;
    }
    return false;
}

/* The index of the cursor's type; beyond the end when it is not among them. */
static enum problem find_type(struct search *search, struct values *values)
{
    const struct scope *scope = &search->scope;
    int64_t id;
    enum problem problem = sqlite_type_id(search->reader, search->after.text, &id, search->err);

    for (values->number = 0; values->number < (int)scope->type_count; values->number++) {
        if (scope->types[values->number] == id)
            break;
    }
    return problem;
}

static enum problem next_listed(struct search *search, struct values *values, bool *ret_more)
{
    int count = (int)search->scope.type_count;
    enum problem problem = PROBLEM_NONE;

    if (!values->started && search->has_after)
        problem = find_type(search, values);
    else
        next_number(search, values, count);
    *ret_more = values->number >= 0 && values->number < count;
    if (*ret_more)
        values->type = search->scope.types[values->number];
    return problem;
}

static enum problem read_type(struct search *search, struct values *values, sqlite3_stmt *statement,
                              bool *ret_more)
{
    int code = sqlite3_step(statement);

    *ret_more = code == SQLITE_ROW;
    if (code == SQLITE_DONE)
        return PROBLEM_NONE;
    if (code != SQLITE_ROW)
        return search_failed(search);
    values->type = sqlite3_column_int64(statement, 0);
    buf_clear(&values->name);
    buf_add_span(&values->name, sqlite_text(statement, 1));
    return buf_failed(&values->name) ? problem_no_memory(search->err) : PROBLEM_NONE;
}

/* All types there are: to the next name in the dictionary. */
static enum problem next_known(struct search *search, struct values *values, bool *ret_more)
{
    static const char *const texts[2][3] = {
        {"SELECT id, name FROM type ORDER BY name DESC LIMIT 1",
         "SELECT id, name FROM type WHERE name <= ?1 ORDER BY name DESC LIMIT 1",
         "SELECT id, name FROM type WHERE name < ?1 ORDER BY name DESC LIMIT 1"},
        {"SELECT id, name FROM type ORDER BY name LIMIT 1",
         "SELECT id, name FROM type WHERE name >= ?1 ORDER BY name LIMIT 1",
         "SELECT id, name FROM type WHERE name > ?1 ORDER BY name LIMIT 1"},
    };
    int which = values->started ? 2 : search->has_after ? 1 : 0;
    sqlite3_stmt *statement =
        sqlite_prepare_cached(search->reader, texts[ascending(search)][which]);
    enum problem problem;

    values->name.ceiling = NAME_MAX_BYTES;
    if (statement == NULL)
        return search_failed(search);
    if (which > 0)
        sqlite_bind_span(statement, 1,
                         values->started ? buf_span(&values->name) : search->after.text);
    problem = read_type(search, values, statement, ret_more);
    sqlite_rewind(statement);
    return problem;
}

static enum problem next_type(struct search *search, struct values *values, struct scope *scope,
                              bool *ret_more)
{
    enum problem problem = search->scope.type_count > 0 ? next_listed(search, values, ret_more)
                                                        : next_known(search, values, ret_more);

    scope->types = &values->type;
    scope->type_count = 1;
    return problem;
}

static enum problem next_scope(struct search *search, struct values *values, struct scope *scope,
                               bool *ret_more)
{
    switch (search->query->order) {
    case ORDER_STATE:
    case ORDER_RESULT:
        *ret_more = next_status(search, values, scope);
        return PROBLEM_NONE;
    case ORDER_TYPE:
        return next_type(search, values, scope, ret_more);
    case ORDER_CREATED:
    case ORDER_NAME:
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        break;
    }
    *ret_more = !values->started;
    return PROBLEM_NONE;
}

enum problem values_next(struct search *search, struct values *values, struct scope *ret_scope,
                         int64_t *ret_below, bool *ret_more)
{
    bool first = !values->started;
    enum problem problem = PROBLEM_NONE;

    *ret_scope = search->scope;
    *ret_more = false;
    if (!values->ended)
        problem = next_scope(search, values, ret_scope, ret_more);
    values->started = true;
    values->ended = !*ret_more;
    *ret_below = first && search->has_after ? search->after.position : INT64_MAX;
    return problem;
}
