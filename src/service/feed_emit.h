/* What a reader is told: of the ring, of a page of the store, of stalls. */
#ifndef JOBD_SERVICE_FEED_EMIT_H
#define JOBD_SERVICE_FEED_EMIT_H

#include "service/feed.h"
#include "service/feed_ring.h"
#include "service/stalls.h"

/* How much the jobs of a page may take. */
#define FEED_PAGE_BYTES ((size_t)16 << 20)

/*
 * All the reader has not seen of the ring, none of which it may be behind; of the stalls. True: it
 * has room, and got all there is. *ret_sent becomes true when something was emitted.
 */
bool feed_emit_ring(const struct feed_ring *ring, struct feed_reader *reader, bool *ret_sent);
bool feed_emit_stalls(const struct stalls *stalls, struct feed_reader *reader, bool *ret_sent);

/* One of those that tell of no job. */
void feed_emit_mark(struct feed_reader *reader, enum feed_event_kind kind, bool *ret_sent);

/* Of the page that the store gave the reader; FEED_WAITS: nothing that it wants. */
enum feed_outcome feed_emit_page(struct feed_reader *reader);

/* The stall it is to be told of next; NULL: none. One is told when the job it had then was. */
const struct stall *feed_next_stall(const struct stalls *stalls, struct feed_reader *reader);

#endif
