/* Walk ranges: where in the order by name those stand that may match. */
#ifndef JOBD_STORE_SQLITE_FIND_WALK_RANGES_H
#define JOBD_STORE_SQLITE_FIND_WALK_RANGES_H

#include "store/sqlite/find/search.h"

/* In the query's direction, apart from each other; both ends are in it. */
struct walk_ranges {
    bool known; /* else the names that match may be anywhere */
    struct walk_range {
        struct span start, end; /* bytes to compare names with, not always text */
    } * list;
    size_t count;
};

/* With MATCH_START: the one of the names that begin so. */
enum problem walk_ranges_of_start(struct search *search, struct walk_ranges *ret_ranges);

/*
 * With MATCH_ANYWHERE and MATCH_END: those of the pattern's grams, in which are all names of
 * indexed jobs that match. All lives in the search's memory.
 */
enum problem walk_ranges_of_index(struct search *search, struct walk_ranges *ret_ranges);

/*
 * The same, and those of the names that the index lacks and that match. They are looked at one by
 * one; when there are more than `lacking`, the ranges stay unknown.
 */
enum problem walk_ranges_of_grams(struct search *search, size_t lacking,
                                  struct walk_ranges *ret_ranges);

#endif
