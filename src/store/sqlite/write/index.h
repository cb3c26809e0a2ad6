/* When the writer lets the index catch up with the jobs. */
#ifndef JOBD_STORE_SQLITE_WRITE_INDEX_H
#define JOBD_STORE_SQLITE_WRITE_INDEX_H

#include "store/sqlite/write/writer.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A search reads the jobs that the index lacks one by one, so under load the writer defers most of
 * the indexing, but never lets it fall much further behind than so many jobs.
 */
#define INDEX_BEHIND_MAX 4096

/*
 * The same of changes of jobs that are indexed. A search has to know all of these jobs before it
 * may look at none of them.
 */
#define CHANGES_BEHIND_MAX 512

/* Counts how far behind the index is; false on an error of the connection. */
bool index_load(struct writer *writer);

/* Counts what a transaction leaves to be indexed, before anybody hears of it. */
void index_committed(struct writer *writer);

/* After how many nanoseconds without a call index_when_quiet shall run; negative: never. */
int64_t index_delay(const struct writer *writer);

/* Indexes until a call waits or a slice is done. */
void index_when_quiet(struct writer *writer);

/* After a batch: keeps the index within its bound. */
void index_keep_up(struct writer *writer);

#endif
