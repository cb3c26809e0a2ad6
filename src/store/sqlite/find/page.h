/* Pages: their jobs read by position, and those that one statement lists in the query's order. */
#ifndef JOBD_STORE_SQLITE_FIND_PAGE_H
#define JOBD_STORE_SQLITE_FIND_PAGE_H

#include "store/sqlite/find/search.h"

/*
 * Whether one statement lists the page: newest first, no name, and no more streams than one merges.
 * That is what clients poll. Of a first page it only lists change numbers, so that jobs the
 * connection remembers are not read again; those behind a cursor are mostly read once, and whole.
 */
bool page_is_direct(const struct search *search);
enum problem page_read(struct search *search, struct store_find *find);

/* Room for a page of `count` jobs; find->jobs points to them. */
enum problem page_room(struct search *search, struct store_find *find, size_t count,
                       struct job **ret_jobs);

/* Reads the job at a position. INTERNAL when there is none: the caller has just seen it. */
enum problem page_load(struct search *search, struct store_find *find, int64_t position,
                       struct job *ret_job);

#endif
