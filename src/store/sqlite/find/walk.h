/* Walks: jobs in the order of a date or of their name, a piece at a time. */
#ifndef JOBD_STORE_SQLITE_FIND_WALK_H
#define JOBD_STORE_SQLITE_FIND_WALK_H

#include "store/sqlite/find/walk_ranges.h"

/* A value of the order: a date or a folded name. */
struct walk_value {
    int64_t date;
    struct buf name;
};

struct walk {
    bool by_name; /* else by the date of the query's order */
    bool tested; /* by type or person, by the index */
    bool ended;
    /* What comes next: a part of the index from a value and a position on. */
    enum shape_part part;
    struct walk_value from;
    int64_t below;
    /* What the last read found, of the jobs that may match, in the query's order. */
    struct walk_entry {
        int64_t position;
        size_t group; /* the same for jobs of the same value */
    } * entries;
    size_t count, room;
    size_t rows; /* read, also some of those that cannot match */
    /* By name: where names that match can be. */
    struct walk_ranges ranges;
    size_t range; /* the first that is not passed yet */
    size_t strangers; /* rows of names that did not match */
    size_t patience; /* with how many of them the ranges are looked up */
    /* The last row of the piece at hand, and the value before its own. */
    size_t group, group_rows;
    bool name_matches;
    bool outside; /* its name is in no range */
    int64_t position;
    struct walk_value value, before;
};

/*
 * Starts behind search->after. By date only the scope's statuses are walked; by name all jobs,
 * with a name filter those of the ranges, as soon as it pays to look them up.
 */
enum problem walk_init(struct search *search, struct walk *walk);
void walk_release(struct walk *walk);

/*
 * Goes on for as long as reading `limit` rows takes, about, and keeps those that pass the filters
 * by type and person, by name also that by name. None do not mean the end, `ended` does.
 */
enum problem walk_read(struct search *search, struct walk *walk, size_t limit);

#endif
