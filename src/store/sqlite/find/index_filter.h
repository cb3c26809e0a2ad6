/* The index filter: which jobs the index lets through. */
#ifndef JOBD_STORE_SQLITE_FIND_INDEX_FILTER_H
#define JOBD_STORE_SQLITE_FIND_INDEX_FILTER_H

#include "store/sqlite/find/index_part.h"
#include "store/sqlite/index/ordinal.h"

/*
 * What the index knows of a query is worked out a segment at a time, when somebody asks for it, by
 * intersecting the postings of the pattern's grams and of the types and the person asked for, and
 * then the sets of the statuses, as far as reading another one takes less time than reading the
 * jobs it would rule out. So whatever it lets through is a candidate; what it holds back does not
 * match.
 */
struct index_filter {
    bool in_use;
    struct index_terms terms;
    struct index_part *parts; /* of the segments, the newest first */
    size_t part_count;
    int64_t jobs; /* in the index */
    int64_t listed; /* the last ordinal that was; those below come next */
    struct ordinal_block block;
    int64_t *ordinals; /* room to sift with */
    size_t room;
};

/*
 * For the query's name and, unless it is NULL, a scope. Start from {0}; a filter that was in use is
 * made anew.
 */
enum problem index_filter_init(struct search *search, struct index_filter *filter,
                               const struct scope *scope);
void index_filter_release(struct index_filter *filter);

/*
 * Asks for jobs in one of some sets (index/job_set.h; 0: any) instead of the scope's statuses, and
 * of one type, 0 for any of the scope's. What is known of the rest of the filter stays.
 */
void index_filter_choose(struct index_filter *filter, uint32_t sets, int64_t type);

/*
 * The positions of those let through below a position, newest first; fewer than `limit` are the
 * last.
 */
enum problem index_filter_read(struct search *search, struct index_filter *filter, int64_t below,
                               size_t limit, int64_t *ret_positions, size_t *ret_count);

/* The same in ordinals. */
enum problem index_filter_list(struct search *search, struct index_filter *filter, int64_t below,
                               size_t limit, int64_t *ret_ordinals, size_t *ret_count);

/* The first ordinal let through from one on; `end`: none is below that. */
enum problem index_filter_next(struct search *search, struct index_filter *filter, int64_t from,
                               int64_t end, int64_t *ret_ordinal);

/*
 * Throws out of positions, newest first and none above the watermark, what is not let through;
 * where that would take longer than reading the jobs, some are left.
 */
enum problem index_filter_sift(struct search *search, struct index_filter *filter,
                               int64_t *positions, size_t *count);

/* What part of the index was listed the last time. */
double index_filter_part(const struct index_filter *filter);

#endif
