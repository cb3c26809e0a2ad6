/* Date zones: between which dates the jobs started and ended that were created together. */
#ifndef JOBD_STORE_SQLITE_INDEX_DATE_ZONE_H
#define JOBD_STORE_SQLITE_INDEX_DATE_ZONE_H

#include "store/sqlite/index/mark.h"

enum date_kind { DATE_STARTED, DATE_ENDED, DATE_COUNT };

/* Both inclusive, without those that have no date; first > last: none has. Never too narrow for
 * jobs that have not changed since the index followed. */
struct date_bounds {
    int64_t first, last;
};

#define DATE_NONE                                                                                  \
    (struct date_bounds)                                                                           \
    {                                                                                              \
        .first = INT64_MAX, .last = INT64_MIN                                                      \
    }

/* A chunk of ordinals is a zone, and in it each block of so many. */
#define DATE_BLOCK 256
#define DATE_BLOCKS (MARK_CHUNK / DATE_BLOCK)

struct date_zone {
    int64_t chunk;
    struct date_bounds bounds;
};

struct date_zones {
    struct date_zone *list;
    size_t count;
};

/* All zones in which a job has the date, the oldest jobs' first; in the arena. */
enum problem date_zones_read(struct sqlite_reader *reader, enum date_kind kind, struct arena *arena,
                             struct date_zones *ret_zones, struct err *err);

enum problem date_blocks_read(struct sqlite_reader *reader, enum date_kind kind, int64_t chunk,
                              struct date_bounds ret_blocks[DATE_BLOCKS], struct err *err);

/* Widens the zone of jobs of one chunk, and their blocks; on the writer thread. False as for a
 * writer. */
bool date_zone_widen(struct sqlite_reader *writer, const struct mark *marks, size_t count);

#endif
