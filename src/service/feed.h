/* The change feed: who follows the changes of jobs, and is told of each job's latest state. */
#ifndef JOBD_SERVICE_FEED_H
#define JOBD_SERVICE_FEED_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "model/query.h"
#include "service/service.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The store is the feed: jobs in the order of their change numbers, each at its last one. Commits
 * only wake a thread, which reads what is new once for all readers and keeps the latest in memory;
 * a reader that is further behind reads the store itself. A reader is a position and a query, so
 * that a slow one holds no memory and delays nobody: it is told later, and less often.
 *
 * What becomes stalled is no change: the thread asks for it once a second, while there are readers,
 * and tells those that are there then.
 */
struct feed; /* any thread */

enum feed_event_kind {
    FEED_JOB, /* a job that matches was written */
    FEED_GONE, /* one that could match but does not was written: whoever shows it forgets it */
    FEED_SYNCED, /* all that was written before is told; once for each reader */
    FEED_STALLED, /* one that matches is held, but has gone without progress for too long */
    FEED_BEAT, /* nothing happened for a while */
};

struct feed_event {
    enum feed_event_kind kind;
    int64_t position; /* the reader's, once it has this: a change number to go on behind */
    const struct uuid *id; /* of JOB, GONE and STALLED */
    struct span json; /* of JOB: on one line */
    int64_t progress_on, beat_on; /* of STALLED: when there was some last, wall clock */
};

/* Of struct feed_reader: behind whatever is the last change when it joins. */
#define FEED_FROM_NOW INT64_C(-1)

/* One who follows; the owner's memory from joining to leaving. */
struct feed_reader {
    /* The owner's. */
    const struct query *query; /* filters alone count */
    int64_t position; /* told of changes behind it; 0: of every job there is */
    /* Takes an event, quickly, without asking the feed anything; false: this was enough for now. */
    bool (*emit)(void *context, const struct feed_event *event);
    /* There may be something to read; once for each FEED_WAITS, on any thread, and quick. */
    void (*wake)(void *context);
    /* Whether it may not listen any more; asked every other second; quick. */
    bool (*over)(void *context);
    void *context;
    /* Private. */
    int64_t goal; /* the last change when it joined: there it is synced */
    int64_t stalls_told; /* the number of the last one */
    unsigned beat_tick;
    bool whole; /* it began with nothing: what was not written after its goal cannot be gone */
    bool synced, beat, paging;
    struct store_changes page;
    struct arena arena; /* of the page */
    struct feed_reader *next; /* of those that wait */
};

enum feed_outcome {
    FEED_SENT, /* something was emitted: read again when it has been sent */
    FEED_WAITS, /* nothing was: read again when woken */
    FEED_OVER, /* no more will be: leave */
};

struct feed_options {
    size_t readers_max; /* so many follow at once at most */
    int64_t stalled_after_ms; /* a held job without progress for so long is stalled */
};

/* Observes the store and starts the thread. */
bool feed_start(struct store *store, const struct clock *clock, const struct feed_options *options,
                struct feed **ret_feed, struct err *err);

/* From now on every reader is over, and those that wait are woken. NULL is fine. */
void feed_drain(struct feed *feed);

/* Every reader must have left. NULL is fine. */
void feed_stop(struct feed *feed);

/*
 * Joins a reader, given the last change number that store_changes told just before. INVALID_CURSOR:
 * its position is beyond that, so it comes from another store, or from this one before it was
 * restored. TOO_MANY_READERS.
 */
enum problem feed_join(struct feed *feed, struct feed_reader *reader, int64_t last,
                       struct err *err);
void feed_leave(struct feed *feed, struct feed_reader *reader);

/* Emits what there is, until the reader has enough. One thread at a time for each reader. */
enum feed_outcome feed_read(struct feed *feed, struct feed_reader *reader);

#endif
