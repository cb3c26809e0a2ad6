/* Gathering: all jobs of the filters by exact values, the best of them kept. */
#ifndef JOBD_STORE_SQLITE_GATHER_H
#define JOBD_STORE_SQLITE_GATHER_H

#include "store/sqlite/best.h"
#include "store/sqlite/source.h"

/*
 * Since all are read, their order does not matter: the streams come one after another, which costs
 * a third of merging them.
 */
struct gather {
    struct source source; /* lists the streams */
    size_t at; /* of the stream at hand */
    size_t rows; /* of the last read */
    bool ended;
};

/*
 * Where the filters are not in the query's order: by name, by type or, with filters by type or
 * person, by a date. There are filters. Its memory lives in the search's.
 */
enum problem gather_init(struct search *search, struct gather *gather);

/* Reads the next jobs, `limit` at most, and puts those behind the cursor among the best. */
enum problem gather_read(struct search *search, struct gather *gather, struct best *best,
                         size_t limit);

#endif
