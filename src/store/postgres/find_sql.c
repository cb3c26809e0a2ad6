/* The SQL of find: streams merged where an index has the order, else one plain question. */
#include "store/postgres/find_sql.h"

#include "store/postgres/name_key.h"
#include "store/postgres/row.h"

#include <limits.h>

/* What is being written. */
struct writing {
    const struct query *query;
    const struct find_place *place; /* NULL: the first page */
    struct arena *arena;
    struct buf *sql;
    struct pg_params *params;
};

static void add(struct writing *w, const char *text)
{
    buf_add_str(w->sql, text);
}

/* The parameter that was added last. */
static void add_last(struct writing *w)
{
    buf_printf(w->sql, "$%d", w->params->count);
}

static void add_number(struct writing *w, int64_t number)
{
    param_number(w->params, number);
    add_last(w);
}

static void add_text(struct writing *w, struct span text)
{
    param_text(w->params, text);
    add_last(w);
}

static int64_t limit_of(const struct writing *w)
{
    return (int64_t)w->query->page_size + 1;
}

/* The enum values are in the order of the wire's texts. */
static int64_t value_of(const struct query *query, enum job_status status)
{
    return query->order == ORDER_STATE ? (int64_t)status_state(status)
                                       : (int64_t)status_result(status);
}

static void add_values(struct writing *w)
{
    add(w, "('{");
    for (int status = 0; status < STATUS_COUNT; status++)
        buf_printf(w->sql, "%s%d", status > 0 ? "," : "",
                   (int)value_of(w->query, (enum job_status)status));
    add(w, "}'::int[])[job.status + 1]");
}

/* What the order compares before the position; nothing for the order of creation. */
static void add_value(struct writing *w)
{
    switch (w->query->order) {
    case ORDER_CREATED:
        break;
    case ORDER_NAME:
        add(w, "job.name_folded");
        break;
    case ORDER_TYPE:
        add(w, "job.type");
        break;
    case ORDER_START_DATE:
        add(w, "job.started_on");
        break;
    case ORDER_END_DATE:
        add(w, "job.ended_on");
        break;
    case ORDER_STATE:
    case ORDER_RESULT:
        add_values(w);
        break;
    }
}

static void add_order(struct writing *w)
{
    const char *direction = w->query->ascending ? " ASC" : " DESC";

    add(w, " ORDER BY ");
    if (w->query->order == ORDER_NAME)
        buf_printf(w->sql, "job.name_key%s, ", direction);
    if (w->query->order != ORDER_CREATED) {
        add_value(w);
        buf_printf(w->sql, "%s NULLS LAST, ", direction);
    }
    add(w, "job.position DESC");
}

static bool is_date(enum query_order order)
{
    return order == ORDER_START_DATE || order == ORDER_END_DATE;
}

static void add_place_value(struct writing *w)
{
    if (w->query->order == ORDER_NAME || w->query->order == ORDER_TYPE)
        add_text(w, w->place->text);
    else
        add_number(w, w->place->numbers.value);
}

/* Behind the place: a further value, or the same and an older job; those without a date last. */
static void add_behind(struct writing *w)
{
    const char *beyond = w->query->ascending ? " > " : " < ";

    if (w->place == NULL)
        return;
    add(w, " AND (");
    if (is_date(w->query->order) && w->place->numbers.value == JOB_NO_TIME) {
        add_value(w);
        add(w, " IS NULL AND ");
    } else if (w->query->order != ORDER_CREATED) {
        add_value(w);
        add(w, beyond);
        add_place_value(w);
        if (is_date(w->query->order)) {
            add(w, " OR ");
            add_value(w);
            add(w, " IS NULL");
        }
        add(w, " OR ");
        add_value(w);
        add(w, " = ");
        add_place_value(w);
        add(w, " AND ");
    }
    add(w, "job.position < ");
    add_number(w, w->place->numbers.position);
    add(w, ")");
    if (w->query->order == ORDER_NAME) { /* what an index can begin with */
        add(w, w->query->ascending ? " AND job.name_key >= " : " AND job.name_key <= ");
        add_text(w, name_key(w->place->text));
    }
}

/* A pattern of LIKE in which nothing but the two ends is special. */
static struct span pattern_of(struct arena *arena, const struct query *query)
{
    char *text = arena_alloc(arena, 1, 2 * query->name_folded.len + 3), *at = text;

    if (text == NULL)
        return (struct span){NULL, 0};
    if (query->match != MATCH_START)
        *at++ = '%';
    for (size_t i = 0; i < query->name_folded.len; i++) {
        char byte = query->name_folded.ptr[i];
        if (byte == '%' || byte == '_' || byte == '\\')
            *at++ = '\\';
        *at++ = byte;
    }
    if (query->match != MATCH_END)
        *at++ = '%';
    return (struct span){text, (size_t)(at - text)};
}

static void add_name_filter(struct writing *w)
{
    struct span pattern;

    if (!w->query->has_name)
        return;
    if (w->query->match == MATCH_EXACT) {
        add(w, " AND job.name = ");
        add_text(w, w->query->name);
        add(w, " AND job.name_key = ");
        add_text(w, name_key(w->query->name_folded));
        return;
    }
    pattern = pattern_of(w->arena, w->query);
    w->params->failed = w->params->failed || pattern.ptr == NULL;
    add(w, " AND job.name_folded LIKE ");
    add_text(w, pattern);
}

static void add_statuses(struct writing *w)
{
    int64_t numbers[STATUS_COUNT];
    size_t count = 0;

    for (int status = 0; status < STATUS_COUNT; status++)
        if (w->query->statuses & (1u << status))
            numbers[count++] = status;
    if (count == STATUS_COUNT)
        return;
    param_numbers(w->params, w->arena, numbers, count);
    add(w, " AND job.status = ANY(");
    add_last(w);
    add(w, ")");
}

static void add_filters(struct writing *w)
{
    add_statuses(w);
    if (w->query->type_count > 0) {
        param_texts(w->params, w->arena, w->query->types, w->query->type_count);
        add(w, " AND job.type = ANY(");
        add_last(w);
        add(w, ")");
    }
    if (w->query->has_user) {
        param_uuid(w->params, &w->query->user);
        add(w, " AND job.person = ");
        add_last(w);
    }
    add_name_filter(w);
}

/* A plain question: what the planner makes of it. */
static void write_plain(struct writing *w)
{
    add(w, "SELECT job.* FROM job WHERE TRUE");
    add_filters(w);
    add_behind(w);
    add_order(w);
    add(w, " LIMIT ");
    add_number(w, limit_of(w));
}

/* How far a status's stream is still to come: all of it, what is older than the place, or nothing.
 */
static int64_t below_of(const struct writing *w, enum job_status status)
{
    int64_t value, at;

    if (w->place == NULL)
        return INT64_MAX;
    if (w->query->order == ORDER_CREATED)
        return w->place->numbers.position;
    value = value_of(w->query, status);
    at = w->place->numbers.value;
    if (value == at)
        return w->place->numbers.position;
    return (value > at) == w->query->ascending ? INT64_MAX : 0;
}

static void add_streams_of_statuses(struct writing *w)
{
    int64_t statuses[STATUS_COUNT], below[STATUS_COUNT];
    size_t count = 0;

    for (int status = 0; status < STATUS_COUNT; status++) {
        below[count] = below_of(w, (enum job_status)status);
        if ((w->query->statuses & (1u << status)) && below[count] > 0)
            statuses[count++] = status;
    }
    add(w, "unnest(");
    param_numbers(w->params, w->arena, statuses, count);
    add_last(w);
    add(w, ", ");
    param_numbers(w->params, w->arena, below, count);
    add_last(w);
    add(w, ") AS s (status, below)");
}

/*
 * The streams of all combinations of statuses and types, each read newest first from its index as
 * far as a page goes, and merged.
 */
static void write_streams(struct writing *w)
{
    add(w, "SELECT job.* FROM (SELECT stream.position FROM ");
    add_streams_of_statuses(w);
    if (w->query->type_count > 0) {
        param_texts(w->params, w->arena, w->query->types, w->query->type_count);
        add(w, " CROSS JOIN unnest(");
        add_last(w);
        add(w, ") AS t (type)");
    }
    add(w, " CROSS JOIN LATERAL (SELECT job.position, job.status FROM job "
           "WHERE job.status = s.status AND job.position < s.below");
    if (w->query->type_count > 0)
        add(w, " AND job.type = t.type COLLATE \"C\"");
    if (w->query->has_user) {
        param_uuid(w->params, &w->query->user);
        add(w, " AND job.person = ");
        add_last(w);
    }
    add(w, " ORDER BY job.position DESC LIMIT ");
    add_number(w, limit_of(w));
    add(w, ") AS stream");
    /* The merge calls its rows what the order calls them. */
    add(w, " CROSS JOIN LATERAL (SELECT stream.position, stream.status) AS job");
    add_order(w);
    add(w, " LIMIT ");
    add_number(w, limit_of(w));
    add(w, ") AS page JOIN job USING (position)");
}

/* Whether each combination of statuses and types has an index that has it in order. */
static bool has_streams(const struct query *query)
{
    bool filtered = query->statuses != STATUS_MASK_ALL || query->type_count > 0 || query->has_user;

    if (query->has_name)
        return false;
    if (query->order == ORDER_CREATED)
        return filtered;
    return query->order == ORDER_STATE || query->order == ORDER_RESULT;
}

void find_sql(const struct store_find *find, const struct find_place *place, struct buf *sql,
              struct pg_params *params)
{
    struct writing writing = {find->query, place, find->arena, sql, params};

    add(&writing, "SELECT " PG_JOB_COLUMNS " FROM (");
    if (has_streams(find->query))
        write_streams(&writing);
    else
        write_plain(&writing);
    add(&writing, ") AS job JOIN job_change USING (position)");
    add_order(&writing);
}
