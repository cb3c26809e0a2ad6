/* Grams of names: runs of one to a few of their characters, as numbers to index and ask by. */
#ifndef JOBD_STORE_NAME_GRAMS_H
#define JOBD_STORE_NAME_GRAMS_H

#include "base/arena.h"
#include "model/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of grams, as hashes of 32 bits with a sign; start from {0}. */
struct name_grams {
    int64_t *list; /* finished: `count` different ones */
    size_t count, room;
};

/*
 * Adds the grams of 1 to `longest` code points of a folded name between two marks, one for the
 * beginning of a name and one for its end; and one for the whole name as it is. False without
 * memory.
 */
bool name_grams_add(struct name_grams *grams, struct span name, struct span folded, int longest);

/* The same without the whole name. */
bool name_grams_cut(struct name_grams *grams, struct span folded, int longest);

/* Puts them to the front of the list; nothing can be added any more. */
void name_grams_finish(struct name_grams *grams);
void name_grams_release(struct name_grams *grams);

/*
 * The grams that all names have which pass the query's filter by name: the longest that the above
 * find with the same `longest`. Returns their number; *ret_grams lives in the arena and is NULL
 * without memory.
 */
size_t name_grams_ask(struct arena *arena, const struct query *query, int longest,
                      int64_t **ret_grams);

#endif
