/* The feed's ring: the latest changes in memory, each job once, ready to be sent to many. */
#ifndef JOBD_SERVICE_FEED_RING_H
#define JOBD_SERVICE_FEED_RING_H

#include "base/span.h"
#include "model/job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many changes with so many bytes of text are kept at most. */
#define FEED_RING_SLOTS 4096u
#define FEED_RING_BYTES ((size_t)8 << 20)
#define FEED_RING_BUCKETS 4096u

/* A job as it was written under a change number. `job` has all but the message. */
struct feed_entry {
    struct job job;
    struct span folded; /* text_fold of the name */
    struct span json; /* the Job, on one line */
    /* Private. */
    size_t slot;
    size_t bytes;
    struct feed_entry *next;
};

/*
 * The changes above `low` up to `high`, in order. One that was followed by another of the same job
 * leaves its slot empty. Guarded by its owner's lock; all members private but for `low` and `high`.
 */
struct feed_ring {
    int64_t low, high;
    struct feed_slot {
        int64_t change;
        struct feed_entry *entry; /* NULL: superseded */
    } * slots;
    size_t first, count; /* slot i lies at (first + i) % FEED_RING_SLOTS */
    size_t bytes;
    struct feed_entry *buckets[FEED_RING_BUCKETS]; /* by position */
};

/* False without memory. */
bool feed_ring_init(struct feed_ring *ring);
void feed_ring_release(struct feed_ring *ring);

/* Empties it: nothing is kept up to `change`, and everything will be above it. */
void feed_ring_reset(struct feed_ring *ring, int64_t change);

/* An entry of its own memory, which needs no lock; NULL without memory. */
struct feed_entry *feed_entry_new(const struct job *job);
void feed_entry_free(struct feed_entry *entry);

/* Takes the entry, of a change above all others; the oldest make room. */
void feed_ring_add(struct feed_ring *ring, struct feed_entry *entry);

/*
 * The first one behind the change number `*at` (not below `low`), which becomes its own; NULL:
 * there is none, and `*at` is `high` at least.
 */
const struct feed_entry *feed_ring_next(const struct feed_ring *ring, int64_t *at);

#endif
