/* Name ranges: between which names those lie that have a gram. */
#ifndef JOBD_STORE_POSTGRES_NAME_RANGE_H
#define JOBD_STORE_POSTGRES_NAME_RANGE_H

#include "base/arena.h"
#include "base/span.h"
#include "store/postgres/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whoever reads the order of names for a pattern would walk through all the names in front of the
 * first one that has it. So for each gram of up to NAME_RANGE_GRAM code points, and each first byte
 * of a name, the first and the last name with both are kept, and a walk reads nothing outside of
 * these ranges. They only ever grow, and soon seldom do: what is written is bounded by the grams
 * there are, not by the jobs.
 */
#define NAME_RANGE_GRAM 3

/* The ranges of some names; start from {0}. */
struct name_ranges {
    struct name_range {
        int64_t place; /* of the first byte and the gram: by it they are sorted */
        struct span key;
    } * list;
    size_t count, room;
};

/* Adds a folded name, which the arena gets a copy of. False without memory. */
bool name_ranges_add(struct name_ranges *ranges, struct span folded, struct arena *arena);
void name_ranges_release(struct name_ranges *ranges);

/*
 * Adds the statement that widens the stored ranges by these to the connection's round; the arena
 * is the one of their names.
 */
void name_ranges_send(struct name_ranges *ranges, struct pg_connection *connection,
                      struct arena *arena);

#endif
