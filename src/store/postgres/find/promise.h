/* Promises: about how long a way takes, by what the index says. */
#ifndef JOBD_STORE_POSTGRES_FIND_PROMISE_H
#define JOBD_STORE_POSTGRES_FIND_PROMISE_H

#include "store/postgres/find/way.h"

/* What a candidate of the way takes, in microseconds; search->names is not NULL. */
double find_row_us(const struct find_search *search, const struct find_way *way);

/*
 * Microseconds until the way, which has the query's order, has the page, were names, types, users
 * and the order to have nothing to do with each other; the index was asked.
 */
double find_promise(const struct find_search *search, const struct find_way *way);

#endif
