/* Promises: rows until the page is full, and what one of them takes. */
#include "store/postgres/find/promise.h"

#include "store/postgres/find/costs.h"

/* By date and by name the indexes have types and users, by name not the status. */
static bool reads_table(const struct find_way *way, const struct query *query)
{
    bool words = query->type_count > 0 || query->has_user;

    switch (way->source) {
    case FIND_LISTED:
        return true;
    case FIND_NAMES:
        return !words && !find_by_name(query);
    case FIND_DATES:
        return !words;
    case FIND_STREAMS:
    case FIND_VALUES:
    case FIND_TYPES:
        break;
    }
    return find_by_name(query) ||
           (way->all && (query->order == ORDER_NAME || query->order == ORDER_TYPE));
}

/* Whether the walk by name comes by no other names than those that match. */
static bool is_within(const struct query *query)
{
    return query->has_name && (query->match == MATCH_START || query->match == MATCH_EXACT);
}

/* By name, a status and a name as it is are looked up where the rest matches. */
static double key_us(const struct find_search *search)
{
    const struct find_words *words = &search->names->words;
    const struct query *query = search->query;
    double pass = is_within(query) ? words->scope_share : words->share / words->status_share;
    bool exact = query->has_name && query->match == MATCH_EXACT;

    return FIND_KEY_US + (query->statuses != STATUS_MASK_ALL || exact ? pass * FIND_LISTED_US : 0);
}

double find_row_us(const struct find_search *search, const struct find_way *way)
{
    const struct find_names *names = search->names;

    if (way->source == FIND_LISTED)
        return FIND_LISTED_US;
    if (names->asked && way->source == FIND_NAMES)
        return key_us(search);
    if (reads_table(way, search->query))
        return FIND_TABLE_US;
    if (!find_by_name(search->query))
        return FIND_INDEX_US;
    if (names->asked && way->source == FIND_DATES)
        return FIND_INDEX_US + names->words.scope_share * FIND_LISTED_US;
    return FIND_KEY_US;
}

/* Of the jobs that the way comes by, the share that matches. */
static double density(const struct find_search *search, const struct find_way *way)
{
    const struct find_words *words = &search->names->words;

    if (way->source == FIND_NAMES && is_within(search->query))
        return words->scope_share * words->status_share;
    if (way->source == FIND_NAMES)
        return words->share;
    if (way->source == FIND_DATES)
        return words->share / words->status_share;
    return words->share / words->scope_share / words->status_share;
}

double find_promise(const struct find_search *search, const struct find_way *way)
{
    const struct find_names *names = search->names;
    double wanted = (double)search->query->page_size + 1, rows = wanted / density(search, way);

    return (rows < names->words.jobs ? rows : names->words.jobs) * find_row_us(search, way);
}
