/* The stalls: which held jobs have lately gone without progress for too long, for all readers. */
#ifndef JOBD_SERVICE_STALLS_H
#define JOBD_SERVICE_STALLS_H

#include "base/arena.h"
#include "service/feed_ring.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

/* So many are kept for readers that are slow; the oldest make room. */
#define STALLS_MAX 512u

struct stall {
    int64_t number; /* rising */
    struct feed_entry *entry; /* the job, as it was when it stalled */
    int64_t progress_on, beat_on;
};

/* Guarded by its owner's lock; all members are private. Start from {0}. */
struct stalls {
    struct lease_place after; /* up to there the store was asked */
    struct stall kept[STALLS_MAX]; /* by number */
    size_t count;
    int64_t last; /* the last number there was */
};

void stalls_release(struct stalls *stalls);

/* What was without progress since `until` (wall clock) or before is not told. */
void stalls_begin(struct stalls *stalls, int64_t until);

/* What to ask the store: what has stalled between the last answer and `until`. */
struct store_stalled stalls_question(const struct stalls *stalls, int64_t until,
                                     struct arena *arena);

/* Takes what the store answered, without a problem. What it had no room for comes next time. */
void stalls_take(struct stalls *stalls, const struct store_stalled *answer);

/* The job was written: what stalled before has not any more. */
void stalls_forget(struct stalls *stalls, const struct job *job);

/* The first one behind the number `told`; NULL: there is none. */
const struct stall *stalls_next(const struct stalls *stalls, int64_t told);

#endif
