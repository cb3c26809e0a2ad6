/* Streams: the jobs of the exact filters, each combination from its index, put together. */
#include "store/postgres/find/writing.h"

#include <stdio.h>

/* More streams than these are read one by one, each as far as the budget goes, and sorted. */
#define STREAMS_MAX 66
static void add_types(struct find_writing *w)
{
    w->type = w->params->count + 1;
    for (size_t i = 0; i < w->query->type_count; i++)
        param_text(w->params, w->query->types[i]);
}

static void add_user(struct find_writing *w)
{
    if (!w->query->has_user)
        return;
    if (w->user == 0) {
        param_uuid(w->params, &w->query->user);
        w->user = w->params->count;
    }
    buf_printf(w->sql, " AND job.person = $%d", w->user);
}

/* The jobs of one status and, unless `type` is empty, of one type. */
static void add_stream(struct find_writing *w, const char *type, int status, const char *below)
{
    find_add(w, "(SELECT ");
    find_columns(w, "job");
    buf_printf(w->sql, " FROM job WHERE job.position < %s", below);
    if (*type != '\0')
        buf_printf(w->sql, " AND job.type = %s", type);
    add_user(w);
    buf_printf(w->sql, " AND job.status = $%d" FIND_NEWEST_FIRST ")", status);
}

/* Of the query's statuses those in the mask, behind `count` streams that stand there already. */
static size_t add_streams_of(struct find_writing *w, uint32_t mask, const char *type,
                             const char *below, size_t count)
{
    int number = w->status;

    for (int status = 0; status < STATUS_COUNT; status++) {
        if (!(w->query->statuses & (1u << status)))
            continue;
        if (mask & (1u << status)) {
            find_add(w, count++ == 0 ? "" : " UNION ALL ");
            add_stream(w, type, number, below);
        }
        number++;
    }
    return count;
}

static void add_merged(struct find_writing *w, uint32_t mask, const char *below)
{
    size_t count = 0;

    if (w->query->type_count == 0)
        count = add_streams_of(w, mask, "", below, count);
    for (size_t i = 0; i < w->query->type_count; i++) {
        char type[16];
        snprintf(type, sizeof(type), "$%d", w->type + (int)i);
        count = add_streams_of(w, mask, type, below, count);
    }
    if (!w->way->all)
        find_end_merge(w, count, FIND_NEWEST_FIRST);
}

static void add_one_by_one(struct find_writing *w, uint32_t mask, const char *below)
{
    int64_t statuses[STATUS_COUNT];
    size_t count = 0;

    for (int status = 0; status < STATUS_COUNT; status++)
        if (w->query->statuses & mask & (1u << status))
            statuses[count++] = status;
    find_add(w, "SELECT stream.* FROM unnest(");
    param_numbers(w->params, w->search->arena, statuses, count);
    find_add_last(w);
    find_add(w, ") AS s (status) CROSS JOIN unnest(");
    param_texts(w->params, w->search->arena, w->query->types, w->query->type_count);
    find_add_last(w);
    find_add(w, ") AS t (type) CROSS JOIN LATERAL (SELECT ");
    find_columns(w, "job");
    buf_printf(w->sql,
               " FROM job WHERE job.position < %s AND job.type = t.type COLLATE \"C\""
               " AND job.status = s.status",
               below);
    add_user(w);
    if (!w->way->all) {
        find_add(w, FIND_NEWEST_FIRST " LIMIT ");
        find_add_number(w, w->budget);
    }
    find_add(w, ") AS stream");
    if (!w->way->all)
        find_add(w, FIND_NEWEST_FIRST);
}

static size_t count_bits(uint32_t mask)
{
    return (size_t)__builtin_popcount(mask);
}

static bool has_many(const struct find_writing *w)
{
    return w->query->type_count * count_bits(w->query->statuses) > STREAMS_MAX;
}

/* The jobs of the filters and of the statuses in the mask, newest first. */
static void add_filtered(struct find_writing *w, uint32_t mask, const char *below)
{
    if (!find_is_filtered(w->query) && mask == STATUS_MASK_ALL) {
        find_add(w, "SELECT ");
        find_columns(w, "job");
        buf_printf(w->sql, " FROM job WHERE job.position < %s" FIND_NEWEST_FIRST, below);
    } else if (has_many(w))
        add_one_by_one(w, mask, below);
    else
        add_merged(w, mask, below);
}

static void prepare_streams(struct find_writing *w)
{
    if (has_many(w))
        return;
    find_statuses(w);
    add_types(w);
}

void find_streams(struct find_writing *w)
{
    char below[24];

    find_below(w, find_starts_behind(w), below);
    if (find_is_filtered(w->query))
        prepare_streams(w);
    add_filtered(w, STATUS_MASK_ALL, below);
}

/* The statuses of a state or result. */
static uint32_t mask_of(const struct query *query, int value)
{
    uint32_t bit = 1u << value;

    return query->statuses &
           (query->order == ORDER_STATE ? status_mask(bit, 0) : status_mask(0, bit));
}

/* A value after another; that of the cursor first, below its position. */
void find_values(struct find_writing *w)
{
    int count = w->query->order == ORDER_STATE ? (int)STATE_COUNT : (int)RESULT_COUNT;
    int step = w->query->ascending ? 1 : -1, value = w->query->ascending ? 0 : count - 1;
    bool first = true;

    if (w->place != NULL)
        value = (int)w->place->numbers.value;
    prepare_streams(w);
    for (; value >= 0 && value < count; value += step) {
        bool at = w->place != NULL && value == w->place->numbers.value;
        char below[24];
        if (mask_of(w->query, value) == 0)
            continue;
        find_below(w, at, below);
        find_add(w, first ? "(" : " UNION ALL (");
        add_filtered(w, mask_of(w->query, value), below);
        find_add(w, ")");
        first = false;
    }
    if (first) { /* a cursor behind all that is asked for */
        find_add(w, "SELECT ");
        find_columns(w, "job");
        find_add(w, " FROM job WHERE FALSE");
    }
}

/* All types there are, by one seek for each. */
static void add_known_types(struct find_writing *w)
{
    const char *beyond = w->query->ascending ? ">" : "<";
    const char *order = w->query->ascending ? "type LIMIT 1" : "type DESC LIMIT 1";

    find_add(w, "(WITH RECURSIVE known (type) AS ((SELECT type FROM job");
    if (w->place != NULL)
        buf_printf(w->sql, " WHERE type %s= $%d", beyond, w->value);
    buf_printf(w->sql,
               " ORDER BY %s) UNION ALL SELECT (SELECT type FROM job WHERE type %s known.type "
               "ORDER BY %s) FROM known WHERE known.type IS NOT NULL) "
               "SELECT type FROM known WHERE type IS NOT NULL) AS t (type)",
               order, beyond, order);
}

/* Those asked for from the cursor's on; they are sorted. */
static bool add_listed_types(struct find_writing *w)
{
    const struct query *query = w->query;
    struct span *types = ARENA_ARRAY(w->search->arena, struct span, query->type_count);
    size_t count = 0;

    if (types == NULL)
        return false;
    for (size_t i = 0; i < query->type_count; i++) {
        struct span type = query->types[query->ascending ? i : query->type_count - 1 - i];
        if (count > 0 || w->place == NULL || span_eq(type, w->place->text))
            types[count++] = type;
    }
    find_add(w, "unnest(");
    param_texts(w->params, w->search->arena, types, count);
    find_add_last(w);
    find_add(w, ") AS t (type)");
    return true;
}

void find_known_types(struct find_writing *w)
{
    if (w->place != NULL && w->value == 0) {
        param_text(w->params, w->place->text);
        w->value = w->params->count;
    }
    if (w->query->type_count == 0)
        add_known_types(w);
    else if (!add_listed_types(w))
        w->params->failed = true;
}

void find_types(struct find_writing *w)
{
    char below[80] = FIND_NO_BOUND;
    size_t count;

    if (w->place != NULL) {
        param_text(w->params, w->place->text);
        w->value = w->params->count;
        param_number(w->params, w->place->numbers.position);
        snprintf(below, sizeof(below), "CASE WHEN t.type = $%d THEN $%d ELSE " FIND_NO_BOUND " END",
                 w->value, w->params->count);
    }
    find_statuses(w);
    find_add(w, "SELECT s.* FROM ");
    find_known_types(w);
    find_add(w, " CROSS JOIN LATERAL (");
    count = add_streams_of(w, STATUS_MASK_ALL, "t.type COLLATE \"C\"", below, 0);
    find_end_merge(w, count, FIND_NEWEST_FIRST);
    find_add(w, ") AS s");
}
