/* Marks: what changes of a job and is indexed, as it was when somebody looked. */
#ifndef JOBD_STORE_SQLITE_INDEX_MARK_H
#define JOBD_STORE_SQLITE_INDEX_MARK_H

#include "store/sqlite/sqlite.h"

struct mark {
    int64_t ordinal;
    enum job_status status;
    int64_t started_on, ended_on; /* JOB_NO_TIME: not yet */
};

/* They are written a chunk at a time: of so many ordinals, as one container of Roaring's has. */
#define MARK_CHUNK 65536

static inline int64_t mark_chunk(int64_t ordinal)
{
    return ordinal / MARK_CHUNK;
}

/* From three columns of a row: status, started_on, ended_on. */
struct mark mark_of(sqlite3_stmt *row, int column, int64_t ordinal);

/* How often marks were put into each of some chunks in a row: as often, and its sets are the same.
 */
enum problem mark_versions_read(struct sqlite_reader *reader, int64_t first, size_t count,
                                int64_t *ret_versions, struct err *err);

/*
 * Puts marks, of rising ordinals, into the job sets (job_set.h) and the date zones (date_zone.h).
 * On the writer thread; false with sqlite3_errmsg set, or without memory.
 */
bool marks_put(struct sqlite_reader *writer, const struct mark *marks, size_t count);

#endif
