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

/* Walks come by the jobs of all types and users, the others only by those asked for. */
static bool is_walk(const struct find_way *way)
{
    return way->source == FIND_NAMES || way->source == FIND_DATES;
}

static double sieved_us(const struct find_names *names, const struct find_way *way)
{
    double lookups = names->sieved + 1. / FIND_BITS_A_JOB;

    if (way->source == FIND_NAMES)
        return FIND_INDEX_US; /* which has the name */
    return FIND_INDEX_US + lookups * (is_walk(way) ? names->words.scope_share : 1) * FIND_LISTED_US;
}

double find_row_us(const struct find_search *search, const struct find_way *way)
{
    const struct find_names *names = search->names;

    if (way->source == FIND_LISTED)
        return FIND_LISTED_US;
    if (find_names_sieve(names))
        return sieved_us(names, way);
    if (reads_table(way, search->query))
        return FIND_TABLE_US;
    if (!find_by_name(search->query))
        return FIND_INDEX_US;
    if (names->weighed && way->source == FIND_DATES)
        return FIND_INDEX_US + names->words.scope_share * FIND_LISTED_US;
    return FIND_KEY_US;
}

/* Of the jobs that the way comes by, the share that matches. */
static double density(const struct find_search *search, const struct find_way *way)
{
    const struct find_words *words = &search->names->words;
    enum name_match match = search->query->match;

    if (!is_walk(way))
        return words->share / words->scope_share;
    if (way->source == FIND_NAMES && (match == MATCH_START || match == MATCH_EXACT))
        return words->scope_share; /* it comes by no other names */
    return words->share;
}

double find_promise(const struct find_search *search, const struct find_way *way)
{
    const struct find_names *names = search->names;
    double wanted = (double)search->query->page_size + 1, rows;

    if (!names->weighed)
        return 0;
    if (way->all && search->query->statuses != STATUS_MASK_ALL)
        return 0;
    rows = way->all ? names->words.scope_share * names->words.jobs : wanted / density(search, way);
    return (rows < names->words.jobs ? rows : names->words.jobs) * find_row_us(search, way);
}
