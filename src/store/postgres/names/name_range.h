/* Name ranges on PostgreSQL: gathered for a block of jobs, and the statement that widens them. */
#ifndef JOBD_STORE_POSTGRES_NAMES_NAME_RANGE_H
#define JOBD_STORE_POSTGRES_NAMES_NAME_RANGE_H

#include "base/arena.h"
#include "base/span.h"
#include "store/name_grams.h"
#include "store/name_range.h"
#include "store/postgres/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ranges of some names; start from {0}. */
struct name_ranges {
    struct name_range {
        int64_t place; /* by it they are sorted */
        struct span key;
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
 * Adds the statement that widens the stored ranges by these to the connection's round; the arena
 * is the one of their names.
 */
void name_ranges_send(struct name_ranges *ranges, struct pg_connection *connection,
                      struct arena *arena);

#endif
