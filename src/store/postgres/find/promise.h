/* Promises: about how long a way takes, by what the sample of the name index says. */
#ifndef JOBD_STORE_POSTGRES_FIND_PROMISE_H
#define JOBD_STORE_POSTGRES_FIND_PROMISE_H

#include "store/postgres/find/way.h"

/* What a candidate of the way takes, in microseconds. Both need search->names, which is not NULL.
 */
double find_row_us(const struct find_search *search, const struct find_way *way);

/*
 * Microseconds until the way has the page where names, types, users and the order have nothing to
 * do with each other; 0 where nothing is known of it, or where it cannot be told because of the
 * filter by status. Not for FIND_LISTED.
 */
double find_promise(const struct find_search *search, const struct find_way *way);

#endif
