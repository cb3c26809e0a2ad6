/* Name ranges on PostgreSQL: those of the jobs of a segment, and the statement that widens them. */
#ifndef JOBD_STORE_POSTGRES_NAMES_NAME_RANGE_H
#define JOBD_STORE_POSTGRES_NAMES_NAME_RANGE_H

#include "base/arena.h"
#include "base/span.h"
#include "store/name_grams.h"
#include "store/name_range.h"
#include "store/postgres/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ranges of some names; start from {0}. */
struct name_ranges {
    struct name_range {
        int64_t place; /* by it they are sorted */
        struct span first, last; /* between them are all names that have the name's key */
    } * list;
    size_t count, room;
};

/*
 * Adds a folded name, of whose key the arena gets a copy; `grams` are its own up to NAME_RANGE_GRAM
 * code points, finished. False without memory.
 */
bool name_ranges_add(struct name_ranges *ranges, struct span folded, const struct name_grams *grams,
                     struct arena *arena);
void name_ranges_release(struct name_ranges *ranges);

/*
 * The statement that widens the stored ranges by these, and its parameters: both start from {0},
 * the arena is the one of their names. They have failed without memory.
 */
extern const char name_ranges_widen[];
void name_ranges_params(struct name_ranges *ranges, struct pg_params *params, struct arena *arena);

#endif
