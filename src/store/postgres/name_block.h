/* Name blocks: runs of jobs with the grams that are in any of their names. */
#ifndef JOBD_STORE_POSTGRES_NAME_BLOCK_H
#define JOBD_STORE_POSTGRES_NAME_BLOCK_H

#include "base/arena.h"
#include "model/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An index over the names of single jobs would cost each create more than all the rest of it, and
 * PostgreSQL would have to sort what it finds. So so many jobs in a row share one row: a pattern's
 * grams tell the blocks that may hold it, and those are read newest first, until the page is full.
 */
#define NAME_BLOCK_JOBS 32 /* 256 would take half of the room, and read six times as much */

/* The longest grams, in code points. */
#define NAME_BLOCK_GRAM 4

/* A set of grams, as hashes; start from {0}. */
struct name_grams {
    int64_t *list; /* finished: `count` different ones */
    size_t count, room;
};

/*
 * Adds the grams of 1 to 4 code points of a folded name between two marks, one for the beginning of
 * a name and one for its end; and one for the whole name as it is. False without memory.
 */
bool name_grams_add(struct name_grams *grams, struct span name, struct span folded);

/* The same without the whole name, of up to `longest` code points. */
bool name_grams_cut(struct name_grams *grams, struct span folded, int longest);

/* Puts them to the front of the list; nothing can be added any more. */
void name_grams_finish(struct name_grams *grams);
void name_grams_release(struct name_grams *grams);

/*
 * The grams that all names have which pass the query's filter by name. Returns their number;
 * *ret_grams lives in the arena and is NULL without memory.
 */
size_t name_block_ask(struct arena *arena, const struct query *query, int64_t **ret_grams);

/* The longest ones of its pattern that name_grams_cut finds; not for MATCH_EXACT. */
size_t name_grams_ask(struct arena *arena, const struct query *query, int longest,
                      int64_t **ret_grams);

#endif
