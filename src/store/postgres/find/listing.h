/* Listings: candidates of the index, as many as are read at once, the first ones of an order. */
#ifndef JOBD_STORE_POSTGRES_FIND_LISTING_H
#define JOBD_STORE_POSTGRES_FIND_LISTING_H

#include "store/postgres/find/way.h"

/*
 * Whatever it lacks comes at the bound or behind it, so that a page is done that is full of what
 * comes before. Start from {0}.
 */
struct find_listing {
    int64_t *ordinals;
    size_t count, room;
    bool whole; /* it lacks nothing */
    enum find_bound {
        BOUND_NONE, /* behind all that is listed, and all that is not indexed */
        BOUND_VALUE, /* the value, and of these the last ordinal */
        BOUND_TYPE, /* likewise the text */
        BOUND_DATE, /* the value */
        BOUND_ABSENT, /* of those without a date the last ordinal */
        BOUND_NAME, /* the text, and of these the position */
        BOUND_NOWHERE, /* nothing is known to come before */
    } bound;
    int64_t value, position, last_ordinal;
    struct span text; /* in the search's arena */
    struct job_bits *left; /* candidates that are not listed: those that passed, less these */
    bool no_memory;
};

/* All candidates are there again. */
void find_listing_release(struct find_listing *listing);

/* Lists at least so many, unless there are fewer. The listing is new. */
enum problem find_list(const struct find_search *search, struct pg_connection *connection,
                       size_t wanted, struct find_listing *listing, struct err *err);

/* Whether there is a listing in the order of the query. */
bool find_can_list(const struct find_names *names, const struct query *query);

/* One for each kind of order; in those by date doubtful jobs are listed before. */
enum problem find_list_dates(const struct find_search *search, struct pg_connection *connection,
                             size_t wanted, struct find_listing *listing, struct err *err);
enum problem find_list_names(const struct find_search *search, struct pg_connection *connection,
                             size_t wanted, struct find_listing *listing, struct err *err);

/* Lists a job that is a candidate and not yet listed. */
void find_list_add(struct find_listing *listing, int64_t ordinal);

/*
 * Lists candidates that are in a set too, or all, the newest first, from below an ordinal, until
 * there are so many; true: those were all.
 */
bool find_list_newest(struct find_listing *listing, const struct job_bits *set, int64_t below,
                      size_t wanted);

#endif
