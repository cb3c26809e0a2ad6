/* A statement of find while it is written. */
#ifndef JOBD_STORE_POSTGRES_FIND_WRITING_H
#define JOBD_STORE_POSTGRES_FIND_WRITING_H

#include "store/name_key.h"
#include "store/postgres/find/way.h"

struct find_writing {
    const struct find_search *search;
    const struct find_way *way;
    const struct query *query;
    const struct find_place *place;
    int64_t budget;
    struct buf *sql;
    struct pg_params *params;
    /* The numbers of parameters that come more than once; 0: not yet. */
    int status, type, user, pattern, value, position;
};

#define FIND_TEXT_OF(number) #number
#define FIND_TEXT(number) FIND_TEXT_OF(number)
#define FIND_KEY_WHOLE FIND_TEXT(NAME_KEY_WHOLE)

static inline void find_add(struct find_writing *w, const char *text)
{
    buf_add_str(w->sql, text);
}

/* The parameter that was added last. */
static inline void find_add_last(struct find_writing *w)
{
    buf_printf(w->sql, "$%d", w->params->count);
}

static inline void find_add_number(struct find_writing *w, int64_t number)
{
    param_number(w->params, number);
    find_add_last(w);
}

static inline void find_add_text(struct find_writing *w, struct span text)
{
    param_text(w->params, text);
    find_add_last(w);
}

/* `started_on`, or whatever else the order's date is called. */
static inline const char *find_date(const struct query *query)
{
    return query->order == ORDER_START_DATE ? "started_on" : "ended_on";
}

/*
 * Whether few candidates pass the tests that an index has all for: what it lacks is looked up of
 * these alone.
 */
static inline bool find_is_lazy(const struct find_writing *w)
{
    return find_tests_words(w->way, w->query);
}

/* Whether a name's rest behind its key counts at all. */
static inline bool find_reads_names(const struct find_writing *w)
{
    return w->way->source == FIND_NAMES;
}

/*
 * Streams that are ordered each, put together by UNION ALL and ordered alike, are merged as they
 * are read. Parts that are put together without an order are read one after the other, as
 * PostgreSQL's Append does where nothing is parallel (see session.c). So of either only what a
 * page needs is read.
 */

#define FIND_NEWEST_FIRST " ORDER BY position DESC"
#define FIND_NO_BOUND "9223372036854775807"

/* Adds the columns that the tests and the orders behind the candidates look at. */
void find_columns(struct find_writing *w, const char *table);

/* Makes parameters of the query's statuses, from w->status on. */
void find_statuses(struct find_writing *w);

/* Orders `count` streams; of a single one there is nothing to merge. */
void find_end_merge(struct find_writing *w, size_t count, const char *order);

/* What the positions are below: the place's where it is bounded, which adds a parameter. */
void find_below(struct find_writing *w, bool bounded, char ret_below[static 24]);

/* The number of the parameter that folded names have to be LIKE. */
int find_pattern(struct find_writing *w);

/* Adds a table `t` of the types that may come, from the place's on. */
void find_known_types(struct find_writing *w);

/* Whether the order is that of creation, and the page not the first. */
bool find_starts_behind(const struct find_writing *w);

/* One for each source. */
void find_streams(struct find_writing *w);
void find_values(struct find_writing *w);
void find_types(struct find_writing *w);
void find_date_walk(struct find_writing *w);
void find_name_walk(struct find_writing *w);

/* Adds the candidates of the way: a SELECT that yields the columns its tests and orders read. */
void find_candidates(struct find_writing *w);

#endif
