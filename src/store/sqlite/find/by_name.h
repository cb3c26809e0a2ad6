/* By name among candidates: those first whose names are in the ranges that come first. */
#ifndef JOBD_STORE_SQLITE_FIND_BY_NAME_H
#define JOBD_STORE_SQLITE_FIND_BY_NAME_H

#include "store/sqlite/find/taken.h"
#include "store/sqlite/find/walk_ranges.h"

/*
 * The index has the jobs parted by ranges of names (index/name_bucket.h). So reading goes from
 * range to range, each intersected with the candidates, and ends with a full page and no range left
 * that a better name can be in. Candidates of segments that have few of them are read first: to ask
 * for those in each range would take longer. What the index lacks is read before.
 */
struct by_name {
    enum by_name_phase {
        BY_NAME_UNINDEXED,
        BY_NAME_CANDIDATES, /* working them out, a segment after another */
        BY_NAME_BUCKETS,
        BY_NAME_END,
    } phase;
    struct taken taken;
    struct walk_ranges ranges; /* names in no other ones match */
    size_t known; /* segments that are worked out, */
    int64_t known_jobs; /* the jobs in them */
    struct by_name_segment {
        int64_t candidates;
        bool few; /* and all of them are read */
    } * segments;
    size_t many; /* segments of which not */
    int64_t candidates; /* in them */
    size_t in_range, at_start; /* buckets: with names that may match, and to begin with */
    size_t next; /* bucket, in the query's direction */
    const struct name_bucket *bucket; /* at hand; NULL: none yet */
    roaring_bitmap_t *jobs; /* candidates in it */
    roaring_uint32_iterator_t at; /* the next one of them, newest first */
    bool more; /* there is one */
    size_t visited; /* buckets */
    double cost; /* of all that was done, in jobs read */
};

/* For a query by name with filters. Its memory is the search's but for what is released. */
enum problem by_name_init(struct search *search, struct by_name *by_name);
void by_name_release(struct by_name *by_name);

/* As by_date_read: until about as much was done as reading so many jobs takes. */
enum problem by_name_read(struct search *search, struct by_name *by_name, struct best *best,
                          size_t limit);

/* About what part of its way it has behind it; 0: cannot be told. */
double by_name_part(const struct search *search, const struct by_name *by_name);

#endif
