/* The name filter: which jobs the name index lets through. */
#ifndef JOBD_STORE_SQLITE_FIND_NAME_FILTER_H
#define JOBD_STORE_SQLITE_FIND_NAME_FILTER_H

#include "store/name_grams.h"
#include "store/sqlite/find/search.h"
#include "store/sqlite/names/ordinal.h"

/* More types than these are tested a candidate. */
#define NAME_FILTER_TYPES 16

/*
 * What the index knows of a query is worked out a segment at a time, when somebody asks for it, by
 * intersecting the postings of the pattern's grams and of the types and the person asked for, as
 * far as reading another one takes less time than reading the jobs it would rule out. So whatever
 * it lets through is a candidate; what it holds back does not match.
 */
struct name_filter {
    int64_t watermark; /* the index has no jobs above this position */
    struct name_wanted {
        uint32_t gram;
        double share; /* of the jobs last looked at have it */
        double left; /* of those that the ones before it let through, last time */
    } wanted[NAME_GRAMS_ASKED + 2];
    size_t wanted_count;
    uint32_t types[NAME_FILTER_TYPES]; /* one of them, when there are more than one */
    size_t type_count;
    struct name_part *parts; /* of the segments, the newest first */
    size_t part_count;
    int64_t jobs, seen, passed; /* in the index; in the parts worked out; let through of these */
    struct ordinal_block block;
    int64_t *ordinals; /* room to sift with */
    size_t room;
};

/*
 * For the query's name and, unless it is NULL, a scope's types and person. Start from {0}; a filter
 * that was in use is made anew.
 */
enum problem name_filter_init(struct search *search, struct name_filter *filter,
                              const struct scope *scope);
void name_filter_release(struct name_filter *filter);

/*
 * The positions of those let through below a position, newest first; fewer than `limit` are the
 * last.
 */
enum problem name_filter_read(struct search *search, struct name_filter *filter, int64_t below,
                              size_t limit, int64_t *ret_positions, size_t *ret_count);

/*
 * Throws out of positions, newest first and none above the watermark, what is not let through;
 * where that would take longer than reading the jobs, some are left.
 */
enum problem name_filter_sift(struct search *search, struct name_filter *filter, int64_t *positions,
                              size_t *count);

/* Whether few are let through, as far as the parts worked out tell. */
bool name_filter_is_rare(const struct name_filter *filter);

#endif
