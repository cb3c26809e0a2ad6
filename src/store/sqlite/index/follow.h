/* Following: the changes of jobs that are indexed, in the order of the change feed. */
#ifndef JOBD_STORE_SQLITE_INDEX_FOLLOW_H
#define JOBD_STORE_SQLITE_INDEX_FOLLOW_H

#include "store/sqlite/sqlite.h"

/*
 * What is indexed of a job's status and dates is true as of its last change up to the watermark, or
 * later. A job that has changed since is doubtful: whoever asks looks at it directly. A report of
 * progress makes it doubtful too, but a job with many of them once only.
 */

/* Before the first job is indexed: from the last change there is. False as for a writer. */
bool follow_start(struct sqlite_reader *writer);

struct follow_progress {
    int64_t change; /* the watermark */
    bool behind; /* there may be more to follow */
};

/*
 * Follows at most `budget` jobs that have changed. On the writer thread, in transactions as
 * name_index_step is (name_index.h).
 */
bool follow_step(struct sqlite_reader *writer, int budget, struct follow_progress *ret_progress);

#endif
