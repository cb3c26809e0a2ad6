/* Which ways a find may take. */
#include "store/postgres/find/way.h"

bool find_by_name(const struct query *query)
{
    return query->has_name && (query->match == MATCH_EXACT || query->name_folded.len > 0);
}

bool find_is_filtered(const struct query *query)
{
    return query->statuses != STATUS_MASK_ALL || query->type_count > 0 || query->has_user;
}

static void add(struct find_ways *ways, struct find_way way)
{
    ways->list[ways->count++] = way;
}

/* What has the query's order; by creation, state, result and type it has the filters too. */
static void add_ordered(struct find_ways *ways, const struct query *query)
{
    static const enum find_source sources[] = {
        [ORDER_CREATED] = FIND_STREAMS,  [ORDER_NAME] = FIND_NAMES,     [ORDER_TYPE] = FIND_TYPES,
        [ORDER_START_DATE] = FIND_DATES, [ORDER_END_DATE] = FIND_DATES, [ORDER_STATE] = FIND_VALUES,
        [ORDER_RESULT] = FIND_VALUES,
    };
    struct find_way way = {.source = sources[query->order]};

    way.tested = find_by_name(query);
    if (way.source == FIND_DATES)
        way.tested = way.tested || query->type_count > 0 || query->has_user;
    if (way.source == FIND_NAMES)
        way.tested = way.tested || find_is_filtered(query);
    add(ways, way);
}

/* Few jobs may pass the filters, and stand anywhere in the order. */
static void add_filtered(struct find_ways *ways, const struct query *query)
{
    bool dates = query->order == ORDER_START_DATE || query->order == ORDER_END_DATE;
    bool narrow = query->type_count > 0 || query->has_user;

    if ((query->order == ORDER_NAME && find_is_filtered(query)) || (dates && narrow) ||
        (query->order == ORDER_TYPE && find_is_filtered(query) && query->type_count == 0))
        add(ways, (struct find_way){.source = FIND_STREAMS, .all = true, .tested = true});
}

void find_ways(const struct find_search *search, struct find_ways *ret_ways)
{
    const struct query *query = search->query;

    ret_ways->count = 0;
    if (query->order == ORDER_TYPE)
        add_filtered(ret_ways, query);
    add_ordered(ret_ways, query);
    if (query->order != ORDER_TYPE)
        add_filtered(ret_ways, query);
}
