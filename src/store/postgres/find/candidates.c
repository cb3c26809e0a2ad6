/* Where candidates come from: the columns that are read of them, and those listed. */
#include "store/postgres/find/listing.h"
#include "store/postgres/find/writing.h"
#include "store/postgres/names/segment.h"

#include <stdio.h>

void find_columns(struct find_writing *w, const char *table)
{
    const struct query *query = w->query;
    bool listed = w->way->source == FIND_LISTED;
    bool lazy = find_is_lazy(w);
    bool dates = query->order == ORDER_START_DATE || query->order == ORDER_END_DATE;
    bool by_value = query->order == ORDER_STATE || query->order == ORDER_RESULT;
    bool words = listed || w->way->source == FIND_DATES;
    bool folded = find_by_name(query) && query->match != MATCH_EXACT;

    buf_printf(w->sql, "%s.position", table);
    if ((listed && query->statuses != STATUS_MASK_ALL) || (w->way->all && by_value))
        buf_printf(w->sql, ", %s.status", table);
    if ((words && query->type_count > 0) || (w->way->all && query->order == ORDER_TYPE && !lazy))
        buf_printf(w->sql, ", %s.type", table);
    if (words && query->has_user)
        buf_printf(w->sql, ", %s.person", table);
    if (!lazy && (folded || (w->way->all && query->order == ORDER_NAME)))
        buf_printf(w->sql, ", %s.name_folded", table);
    if (!lazy && find_by_name(query) && query->match == MATCH_EXACT)
        buf_printf(w->sql, ", %s.name", table);
    if (dates && (w->way->all || w->way->source == FIND_DATES))
        buf_printf(w->sql, ", %s.%s", table, find_date(query));
}

void find_statuses(struct find_writing *w)
{
    w->status = w->params->count + 1;
    for (int status = 0; status < STATUS_COUNT; status++)
        if (w->query->statuses & (1u << status))
            param_number(w->params, status);
}

void find_end_merge(struct find_writing *w, size_t count, const char *order)
{
    if (count > 1)
        find_add(w, order);
}

void find_below(struct find_writing *w, bool bounded, char ret_below[static 24])
{
    if (bounded) {
        param_number(w->params, w->place->numbers.position);
        snprintf(ret_below, 24, "$%d", w->params->count);
    } else
        snprintf(ret_below, 24, "%s", FIND_NO_BOUND);
}

bool find_starts_behind(const struct find_writing *w)
{
    return w->place != NULL && w->query->order == ORDER_CREATED;
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

int find_pattern(struct find_writing *w)
{
    struct span pattern;

    if (w->pattern == 0) {
        pattern = pattern_of(w->search->arena, w->query);
        w->params->failed = w->params->failed || pattern.ptr == NULL;
        param_text(w->params, pattern);
        w->pattern = w->params->count;
    }
    return w->pattern;
}

/* The jobs that the index lacks come first: if those are too many, that shows in the budget. */
static void add_listed(struct find_writing *w)
{
    const struct find_listing *listing = w->search->listing;
    char below[24];

    find_below(w, find_starts_behind(w), below);
    find_add(w, "(SELECT ");
    find_columns(w, "job");
    find_add(w, " FROM job WHERE job.position > ");
    find_add_number(w, w->search->names->watermark);
    buf_printf(w->sql, " AND job.position < %s" FIND_NEWEST_FIRST ") UNION ALL (SELECT j.* FROM ",
               below);
    find_add(w, "unnest(");
    param_numbers(w->params, w->search->arena, listing->ordinals, listing->count);
    find_add_last(w);
    find_add(w, "::int8[]) AS o (ordinal) CROSS JOIN LATERAL (SELECT ");
    find_add(w, NAME_POSITION_OF("o.ordinal"));
    find_add(w, " AS position OFFSET 0) AS p CROSS JOIN LATERAL (SELECT ");
    find_columns(w, "job");
    buf_printf(w->sql, " FROM job WHERE job.position = p.position AND job.position < %s) AS j)",
               below);
}

void find_candidates(struct find_writing *w)
{
    switch (w->way->source) {
    case FIND_STREAMS:
        find_streams(w);
        break;
    case FIND_VALUES:
        find_values(w);
        break;
    case FIND_TYPES:
        find_types(w);
        break;
    case FIND_DATES:
        find_date_walk(w);
        break;
    case FIND_NAMES:
        find_name_walk(w);
        break;
    case FIND_LISTED:
        add_listed(w);
        break;
    }
}
