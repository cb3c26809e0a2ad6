/* Taking: indexed jobs read for the best of them, each once, and before them those not indexed. */
#ifndef JOBD_STORE_SQLITE_FIND_TAKEN_H
#define JOBD_STORE_SQLITE_FIND_TAKEN_H

#include "store/sqlite/find/best.h"
#include "store/sqlite/find/source.h"

/* What ways by parts of the index have in common; their parts may overlap. */
struct taken {
    struct source source; /* its filter; and the jobs that the index lacks */
    roaring_bitmap_t *read; /* ordinals of the jobs that were */
    size_t cost; /* of what was done in this piece, in jobs read */
};

/* Of SOURCE_INDEX, with the query's filters. Its memory is the search's but for what is released.
 */
enum problem taken_init(struct search *search, struct taken *taken);
void taken_release(struct taken *taken);

/* Reads an indexed job, unless it was read before, and puts it among the best if it matches. */
enum problem taken_read(struct search *search, struct taken *taken, struct best *best,
                        int64_t ordinal);

/* The same with those that the index lacks, `limit` at most; *ret_all: there are no more. */
enum problem taken_read_unindexed(struct search *search, struct taken *taken, struct best *best,
                                  size_t limit, bool *ret_all);

#endif
