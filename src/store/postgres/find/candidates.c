/* Where candidates come from: the columns that are read of them, and the blocks. */
#include "store/postgres/find/writing.h"

#include "store/name_grams.h"
#include "store/postgres/names/name_block.h"

#include <stdio.h>

void find_columns(struct find_writing *w, const char *table)
{
    const struct query *query = w->query;
    bool loose = w->way->source == FIND_BLOCKS || w->way->source == FIND_NAMES;
    bool dates = query->order == ORDER_START_DATE || query->order == ORDER_END_DATE;
    bool by_value = query->order == ORDER_STATE || query->order == ORDER_RESULT;
    bool words = loose || w->way->source == FIND_DATES;
    bool folded = find_by_name(query) && query->match != MATCH_EXACT;

    buf_printf(w->sql, "%s.position", table);
    if ((loose && query->statuses != STATUS_MASK_ALL) || (w->way->all && by_value))
        buf_printf(w->sql, ", %s.status", table);
    if ((words && query->type_count > 0) || (w->way->all && query->order == ORDER_TYPE))
        buf_printf(w->sql, ", %s.type", table);
    if (words && query->has_user)
        buf_printf(w->sql, ", %s.person", table);
    if (folded || (w->way->all && query->order == ORDER_NAME))
        buf_printf(w->sql, ", %s.name_folded", table);
    if (find_by_name(query) && query->match == MATCH_EXACT)
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

/* The grams that a block must have. */
static void add_grams(struct find_writing *w)
{
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count = w->query->match != MATCH_EXACT ? name_grams_ask(w->query, NAME_BLOCK_GRAM, grams)
                                                  : name_grams_ask_whole(w->query->name, grams);

    w->params->failed = w->params->failed || count == 0;
    param_numbers(w->params, w->search->arena, grams, count);
}

/* The jobs that are in no block yet come first: they are the newest. */
static void add_blocks(struct find_writing *w)
{
    char below[24];

    find_below(w, find_starts_behind(w), below);
    find_add(w, "(SELECT ");
    find_columns(w, "job");
    buf_printf(w->sql,
               " FROM job WHERE job.position > (SELECT coalesce(max(last), -1) FROM name_block) "
               "AND job.position < %s" FIND_NEWEST_FIRST
               ") UNION ALL (SELECT j.* FROM (SELECT first, "
               "last FROM (SELECT first, last FROM name_block WHERE grams @> ",
               below);
    add_grams(w);
    buf_printf(w->sql,
               "$%d::int4[] OFFSET 0) AS m WHERE first < %s ORDER BY first DESC) AS b CROSS "
               "JOIN LATERAL (SELECT ",
               w->params->count, below);
    find_columns(w, "job");
    buf_printf(w->sql,
               " FROM job WHERE job.position >= b.first AND job.position <= b.last "
               "AND job.position < %s" FIND_NEWEST_FIRST ") AS j)",
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
        find_dates(w);
        break;
    case FIND_NAMES:
        find_names(w);
        break;
    case FIND_BLOCKS:
        add_blocks(w);
        break;
    }
}
