/* Ways to answer a find: where candidates come from, and what is left to do with them. */
#ifndef JOBD_STORE_POSTGRES_FIND_WAY_H
#define JOBD_STORE_POSTGRES_FIND_WAY_H

#include "base/buf.h"
#include "store/postgres/find/names.h"
#include "store/postgres/params.h"
#include "store/store.h"

struct find_listing;

/* Where a page begins: behind this. */
struct find_place {
    struct span text; /* of the orders by name and type */
    struct cursor numbers;
};

/* One find, while it runs. */
struct find_search {
    const struct query *query;
    const struct find_place *place; /* NULL: the first page */
    struct arena *arena;
    struct find_names *names;
    const struct find_listing *listing; /* for FIND_LISTED */
};

enum find_source {
    FIND_STREAMS, /* the jobs of the filters by status, type and user, newest first */
    FIND_VALUES, /* the same, state by state or result by result */
    FIND_TYPES, /* the same, type by type */
    FIND_DATES, /* the jobs of the filter by status, by the date of the order */
    FIND_NAMES, /* all jobs by name; with MATCH_START those of the prefix, with MATCH_EXACT of the
                   folded name */
    FIND_LISTED, /* the jobs of a listing, and those that the index lacks */
};

struct find_way {
    enum find_source source;
    bool all; /* all candidates are read and the best kept; else they come in the query's order */
    bool tested; /* not all of them match */
    bool whole_names; /* FIND_NAMES: also orders what only differs behind NAME_KEY_MAX */
    int64_t tried; /* so many rows, in vain */
    size_t found; /* among these */
};

#define FIND_WAYS_MAX 2

struct find_ways {
    struct find_way list[FIND_WAYS_MAX];
    size_t count;
};

/* The ways that need no index of names, 1..FIND_WAYS_MAX; those that are likely the shortest first.
 */
void find_ways(const struct find_search *search, struct find_ways *ret_ways);

/* Whether the way tests by type or user what its index has in the order of a date. */
static inline bool find_tests_words(const struct find_way *way, const struct query *query)
{
    return way->source == FIND_DATES && (query->type_count > 0 || query->has_user);
}

/* Whether there is a name filter that not everything passes. */
bool find_by_name(const struct query *query);

/* Whether there are filters by status, type or user. */
bool find_is_filtered(const struct query *query);

#endif
