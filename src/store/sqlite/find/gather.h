/* Gathering: all jobs of the filters by exact values, those kept that come first by type. */
#ifndef JOBD_STORE_SQLITE_FIND_GATHER_H
#define JOBD_STORE_SQLITE_FIND_GATHER_H

#include "store/sqlite/find/best.h"
#include "store/sqlite/find/source.h"

/*
 * Since all are read, their order does not matter: streams are not merged, but read piece by piece,
 * always the one that is furthest behind, so that all of them come to the same time in the past.
 */
struct gather {
    struct source source; /* lists the streams */
    struct gather_stream {
        int64_t newest, below; /* -1: it has ended */
        size_t rows;
    } * streams;
    size_t largest; /* of the streams that go on, that of which most has been read */
    int64_t oldest; /* the last position of that; INT64_MAX: not known */
    size_t rows; /* of the last read */
    bool ended;
};

/* For a query by type with other filters. Its memory lives in the search's. */
enum problem gather_init(struct search *search, struct gather *gather);

/* Reads the next jobs, `limit` at most, and puts those behind the cursor among the best. */
enum problem gather_read(struct search *search, struct gather *gather, struct best *best,
                         size_t limit);

/* About what part of all has been read, by the time it was created in; 0: cannot be told. */
double gather_part(const struct gather *gather);

#endif
