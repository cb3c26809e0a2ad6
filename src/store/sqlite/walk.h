/* Walks: jobs in the order of a date or of their name, a piece at a time. */
#ifndef JOBD_STORE_SQLITE_WALK_H
#define JOBD_STORE_SQLITE_WALK_H

#include "store/sqlite/search.h"

struct walk_entry {
    struct place place; /* its text is valid until the next read */
    int64_t type, person;
};

struct walk {
    bool by_name; /* else by the date of the query's order */
    bool ended;
    /* The next entries. */
    enum shape_part part;
    int64_t value; /* a date */
    struct buf text; /* a name */
    int64_t below;
    /* What the last read found. */
    struct walk_entry *entries;
    size_t count, room;
    struct arena texts;
    size_t cost; /* rows read, also those in vain */
};

/*
 * Starts behind search->after. By date only the scope's statuses are walked; by name all jobs, with
 * MATCH_START those of the prefix.
 */
enum problem walk_init(struct search *search, struct walk *walk);
void walk_release(struct walk *walk);

/* Reads the next entries, about `limit`. None do not mean the end, `ended` does. */
enum problem walk_read(struct search *search, struct walk *walk, size_t limit);

#endif
