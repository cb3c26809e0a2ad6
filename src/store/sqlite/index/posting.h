/* Postings: the jobs of a segment that have a gram, as a compressed bitmap of their ordinals. */
#ifndef JOBD_STORE_SQLITE_INDEX_POSTING_H
#define JOBD_STORE_SQLITE_INDEX_POSTING_H

#include "base/buf.h"
#include "store/sqlite/sqlite.h"

#include <roaring/roaring.h>

/* What postings are kept by, and in the order of: the segment, and in it the gram. */
static inline int64_t posting_key(int64_t segment, uint32_t gram)
{
    return segment << 32 | gram;
}

static inline uint32_t posting_gram(int64_t key)
{
    return (uint32_t)key;
}

/*
 * A type, a person, a name as it is and a range of names (name_bucket.h) are words of a job,
 * numbered as grams are; who shares one is a candidate. Names share theirs with one in 65,536
 * others, for each different one is a row.
 */
uint32_t posting_type(int64_t id);
uint32_t posting_person(int64_t id);
uint32_t posting_name(int64_t whole); /* of NAME_WORD_WHOLE */
uint32_t posting_bucket(int64_t id);

/* Larger than any: of two million jobs, as which no more are merged, half would take 256 KiB. */
#define POSTING_MAX ((size_t)1 << 20)

/* Frees; NULL is fine, which Roaring's own function does not take. */
void posting_free(roaring_bitmap_t *jobs);

/* The posting in a column, the caller's to free; NULL when it is none, or there is no memory. */
roaring_bitmap_t *posting_of(sqlite3_stmt *row, int column);

/* *ret_jobs is the caller's to free, and NULL when no job of the segment has the gram. */
enum problem posting_read(struct sqlite_reader *reader, int64_t segment, uint32_t gram,
                          roaring_bitmap_t **ret_jobs, struct err *err);

/* Adds those of some jobs that have one of a range of grams, both ends included, to others. */
enum problem posting_add(struct sqlite_reader *reader, int64_t segment, uint32_t first,
                         uint32_t last, const roaring_bitmap_t *some, roaring_bitmap_t *jobs,
                         struct err *err);

/*
 * Adds a posting, or takes the place of the one there is; `room` is where it is written out, up to
 * POSTING_MAX. False with sqlite3_errmsg set, or without memory.
 */
bool posting_write(struct sqlite_reader *writer, int64_t key, roaring_bitmap_t *jobs,
                   struct buf *room);

#endif
