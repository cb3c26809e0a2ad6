/* The outage: says once that the store is lost, and once that it is back. */
#ifndef JOBD_SERVICE_OUTAGE_H
#define JOBD_SERVICE_OUTAGE_H

#include "service/timer.h"
#include "store/store.h"

struct outage;

/*
 * Asks the store every second whether it takes writes, and logs when that changes. Both are
 * borrowed. Dies without memory.
 */
void outage_start(struct store *store, struct timer *timer, struct outage **ret_outage);

/* Before the timer and the store. NULL is fine. */
void outage_stop(struct outage *outage);

/* Whether its lines say all there is to say of a call that ended so, whatever their number. */
bool outage_covers(enum problem problem);

/* A call ended so, which outage_covers, by this reason. Any thread. */
void outage_note(struct outage *outage, const struct err *reason);

#endif
