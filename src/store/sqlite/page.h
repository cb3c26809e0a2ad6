/* A page whose jobs one statement yields whole, because streams have the query's order. */
#ifndef JOBD_STORE_SQLITE_PAGE_H
#define JOBD_STORE_SQLITE_PAGE_H

#include "store/sqlite/search.h"

/*
 * Whether the query is answered so: newest first, no name, and no more streams than one statement
 * merges. That is what clients poll, and saves a look-up by primary key for each job.
 */
bool page_is_direct(const struct search *search);
enum problem page_read(struct search *search, struct store_find *find);

/* Room for a page of `count` jobs; find->jobs points to them. */
enum problem page_room(struct search *search, struct store_find *find, size_t count,
                       struct job **ret_jobs);

#endif
