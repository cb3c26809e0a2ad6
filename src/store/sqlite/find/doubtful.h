/* Doubtful jobs: indexed ones that have changed since the index followed. */
#ifndef JOBD_STORE_SQLITE_FIND_DOUBTFUL_H
#define JOBD_STORE_SQLITE_FIND_DOUBTFUL_H

#include "base/arena.h"
#include "store/sqlite/sqlite.h"

#include <roaring/roaring.h>

/*
 * Of these the index may have an old status or old dates, so whoever trusts it in that takes them
 * as candidates whatever it says. At rest there are none, under load some hundreds
 * (CHANGES_BEHIND_MAX). If ever the index stays further behind than this, because following fails,
 * then nobody trusts it in that.
 */
#define DOUBTFUL_MAX 65536

struct doubtful {
    bool too_many; /* and none of them is listed */
    int64_t *ordinals; /* the newest first; in the arena */
    size_t count;
    roaring_bitmap_t *set; /* of the same; NULL: none */
};

/* Those up to a position, as far as which the jobs are indexed. Released by the caller. */
enum problem doubtful_read(struct sqlite_reader *reader, int64_t indexed, struct arena *arena,
                           struct doubtful *ret_doubtful, struct err *err);
void doubtful_release(struct doubtful *doubtful);

#endif
