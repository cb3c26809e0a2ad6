/* What ends in a batch, counted in memory and sent with its COMMIT. */
#ifndef JOBD_STORE_POSTGRES_WRITE_ENDED_H
#define JOBD_STORE_POSTGRES_WRITE_ENDED_H

#include "model/ended.h"
#include "model/lease.h"
#include "store/postgres/connection.h"

#include <stdbool.h>

/* Types of a bucket that are counted apart; what comes when there are so many counts as ''. */
#define ENDED_BUCKET_TYPES 50

/* One for each type and narrowest bucket; start from {0}. */
struct pg_ended {
    struct pg_ended_entry {
        int64_t at;
        struct span type;
        struct ended ended;
        struct pg_ended_entry *next;
    } * first;
};

/* Counts a job that ends by becoming `after`; nothing else does. The entries live in `arena`, and
 * borrow the job's type. False without memory. */
bool pg_ended_note(struct pg_ended *ended, struct arena *arena, const struct job *before,
                   const struct job *after);

/* Sends the statements that store what was counted, and throw out some that are too old. */
void pg_ended_store(const struct pg_ended *ended, struct pg_connection *connection,
                    struct moment now);

#endif
