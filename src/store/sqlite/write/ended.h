/* What ends in a transaction, counted in memory and written before its commit. */
#ifndef JOBD_STORE_SQLITE_WRITE_ENDED_H
#define JOBD_STORE_SQLITE_WRITE_ENDED_H

#include "model/ended.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;
struct store_call;

/* Types of a bucket that are counted apart; what comes when there are so many counts as type 0. */
#define ENDED_BUCKET_TYPES 50

/* So many different ones wait; more are written at once. */
#define ENDED_BATCH_MAX 32

/* Belongs to the writer's thread. */
struct ended_batch {
    struct ended_entry {
        int64_t at; /* of the narrowest buckets */
        int64_t type;
        struct ended ended;
    } entries[ENDED_BATCH_MAX];
    size_t count;
};

/* Counts a job that ends by becoming `after`; nothing else does. False with the call's problem set.
 */
bool ended_note(struct writer *writer, const struct job *before, const struct job *after,
                struct store_call *call);

/* Writes what was counted; part of the transaction. False with sqlite3_errmsg set. */
bool ended_flush(struct writer *writer);

/* Forgets what was counted in a transaction that came to nothing; at the beginning of the next. */
void ended_clear(struct writer *writer);

#endif
