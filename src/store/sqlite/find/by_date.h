/* By date among candidates: those first that were created when the best dates can be. */
#ifndef JOBD_STORE_SQLITE_FIND_BY_DATE_H
#define JOBD_STORE_SQLITE_FIND_BY_DATE_H

#include "store/sqlite/find/taken.h"
#include "store/sqlite/index/date_zone.h"

/*
 * The index lists candidates in the order of their creation, and tells for each 256 jobs between
 * which dates they started and ended. So reading goes from stretch to stretch, the one with the
 * best date first, and ends when no other can have a better one than the page's last: mostly little
 * further than the time that jobs take. What the index lacks, or may have old, is read before.
 */
struct by_date {
    enum date_kind kind;
    enum by_date_phase {
        BY_DATE_UNINDEXED,
        BY_DATE_ZONES,
        BY_DATE_ABSENT, /* those without the date come last, newest first */
        BY_DATE_END,
    } phase;
    struct taken taken;
    struct date_zones zones;
    size_t next_zone;
    int64_t chunk; /* at hand */
    struct by_date_block {
        int number;
        struct date_bounds bounds;
    } blocks[DATE_BLOCKS]; /* in which there are candidates */
    size_t block_count, next_block;
    int64_t below; /* the ordinal from which on those without the date are settled */
    int64_t *ordinals; /* room to list them in */
    size_t room;
};

/*
 * For a query by date with filters, unless too many jobs are doubtful. Its memory is the search's
 * but for what is released.
 */
enum problem by_date_init(struct search *search, struct by_date *by_date);
void by_date_release(struct by_date *by_date);

/*
 * Goes on until about so many candidates were read, and puts those that match among the best. The
 * phase tells the end.
 */
enum problem by_date_read(struct search *search, struct by_date *by_date, struct best *best,
                          size_t limit);

/* About what part of its way it has behind it, to a full page or through all zones. */
double by_date_part(const struct search *search, const struct by_date *by_date,
                    const struct best *best);

#endif
