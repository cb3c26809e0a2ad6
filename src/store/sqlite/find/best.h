/* The best jobs so far: a short list, sorted in a query's order. */
#ifndef JOBD_STORE_SQLITE_FIND_BEST_H
#define JOBD_STORE_SQLITE_FIND_BEST_H

#include "store/sqlite/find/search.h"

/* At most search->want places; those beyond are dropped. */
struct best {
    struct best_entry {
        struct place place;
        struct buf text; /* what place.text points to */
    } entries[QUERY_PAGE_MAX + 1];
    size_t count;
};

void best_release(struct best *best);

static inline bool best_is_full(const struct search *search, const struct best *best)
{
    return best->count == search->want;
}

/* Puts a place in its place; false without memory. The text is copied. */
bool best_add(const struct search *search, struct best *best, const struct place *place);

/* Reads the job at a position, and puts it in its place if it matches and is behind the cursor. */
enum problem best_probe(struct search *search, struct best *best, int64_t position);

/* Puts a position behind the others, which the caller knows to come before. */
void best_append(struct best *best, int64_t position);

#endif
