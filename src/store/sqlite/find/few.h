/* Few jobs: where the filters by exact values leave no more, all of them are read. */
#ifndef JOBD_STORE_SQLITE_FIND_FEW_H
#define JOBD_STORE_SQLITE_FIND_FEW_H

#include "store/sqlite/find/best.h"

/*
 * Whether there are few, and then the best of those that match. Looks only where that takes little
 * time: at filters of not too many values.
 */
enum problem few_read(struct search *search, struct best *best, bool *ret_few);

#endif
