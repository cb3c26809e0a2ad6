/* The name index: which jobs' names have a gram, and which jobs are of a type or a person's. */
#ifndef JOBD_STORE_SQLITE_INDEX_NAME_INDEX_H
#define JOBD_STORE_SQLITE_INDEX_NAME_INDEX_H

#include "store/sqlite/sqlite.h"

/*
 * Indexed of a job are the grams of its folded name up to this many code points, its type, its
 * person and its name as it is, none of which ever changes, and its status and dates as they are
 * then (follow.h has what comes later). Where in the name grams are is not kept, so whoever asks
 * gets candidates and compares the names. Each piece of jobs that is indexed makes a segment
 * (segment.h), and neighbours are merged (name_merge.h).
 */
#define NAME_INDEX_GRAM 3

struct name_index_progress {
    int done; /* jobs */
    bool behind; /* there may be more jobs to index */
    bool merging; /* there may be more to merge */
};

/*
 * Indexes at most `budget` further jobs, fewer of long names, as one segment, moves the watermark
 * (watermark.h) behind them, and merges in proportion. On the writer thread, inside a write
 * transaction that the caller begins, and commits without a sync: a power cut may lose that commit,
 * but never the watermark alone, so what was lost is indexed again. False with sqlite3_errmsg set,
 * or without memory: the caller rolls back, has it forget, and tries later.
 */
bool name_index_step(struct sqlite_reader *writer, int budget,
                     struct name_index_progress *ret_progress);

/*
 * Forgets what the writer keeps in memory of ranges of names: after a ROLLBACK, for it may be ahead
 * of the tables then, and to give the memory back.
 */
void name_index_forget(struct sqlite_reader *writer);

#endif
