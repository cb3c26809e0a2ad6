/* Ordinals: the jobs that the name index has, numbered without gaps in the order of positions. */
#ifndef JOBD_STORE_SQLITE_INDEX_ORDINAL_H
#define JOBD_STORE_SQLITE_INDEX_ORDINAL_H

#include "store/sqlite/sqlite.h"

/*
 * Positions are times, with gaps between them; sets of jobs are small and quick only over numbers
 * that lie close together. So many positions share a row.
 */
#define ORDINAL_BLOCK 256

/* Ordinals have 32 bits. */
#define ORDINAL_MAX UINT32_MAX

/* The last row read, for the next one is mostly near; start from {0}. */
struct ordinal_block {
    int64_t number;
    size_t count; /* 0: none was read */
    int64_t positions[ORDINAL_BLOCK];
};

/* The order of positions or ordinals newest first, for qsort and bsearch. */
int ordinal_newest_first(const void *a, const void *b);

/* How many there are: the next one's number. */
enum problem ordinal_count(struct sqlite_reader *reader, int64_t *ret_count, struct err *err);

/* Numbers more jobs, whose positions rise and lie above all before; false as for a writer. */
bool ordinal_append(struct sqlite_reader *writer, const int64_t *positions, size_t count);

/* The position of a job that has an ordinal. */
enum problem ordinal_position(struct sqlite_reader *reader, struct ordinal_block *block,
                              int64_t ordinal, int64_t *ret_position, struct err *err);

/* How many jobs lie below a position: the ordinal of the job there, if there is one. */
enum problem ordinal_below(struct sqlite_reader *reader, struct ordinal_block *block,
                           int64_t position, int64_t *ret_ordinal, struct err *err);

#endif
