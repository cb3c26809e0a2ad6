/* Job sets: which of the numbered jobs have a status, and which lack a date. */
#ifndef JOBD_STORE_SQLITE_INDEX_JOB_SET_H
#define JOBD_STORE_SQLITE_INDEX_JOB_SET_H

#include "store/sqlite/index/mark.h"
#include "store/sqlite/index/posting.h"

/* The first ones are the statuses. */
enum { JOB_SET_NOT_STARTED = STATUS_COUNT, JOB_SET_NOT_ENDED, JOB_SET_COUNT };

/*
 * Unlike names these change, so sets are no part of segments: each has a posting for each chunk of
 * ordinals, which is written anew. They are those of no segment.
 */
#define JOB_SET_SEGMENT 0

/* *ret_jobs is the caller's to free, and NULL when no job of the chunk is in the set. */
enum problem job_set_read(struct sqlite_reader *reader, unsigned set, int64_t chunk,
                          roaring_bitmap_t **ret_jobs, struct err *err);

/* Adds those of some jobs that are in the set to others, in a range of chunks with both its ends.
 */
enum problem job_set_add(struct sqlite_reader *reader, unsigned set, int64_t first, int64_t last,
                         const roaring_bitmap_t *some, roaring_bitmap_t *jobs, struct err *err);

/*
 * Puts jobs of one chunk into the sets they belong to now, and takes them out of the others; on the
 * writer thread. `room` is where postings are written out, up to POSTING_MAX. False as for a
 * writer.
 */
bool job_sets_put(struct sqlite_reader *writer, const struct mark *marks, size_t count,
                  struct buf *room);

#endif
