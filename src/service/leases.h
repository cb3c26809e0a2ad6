/* The workers' use cases: claim jobs, keep them by heartbeats; and what time does to leases. */
#ifndef JOBD_SERVICE_LEASES_H
#define JOBD_SERVICE_LEASES_H

#include "service/service.h"
#include "service/timer.h"
#include "service/waiting.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Waiting claims; and what has the store expire leases and ready delayed jobs when their time
 * comes. A waiting claim costs neither a thread nor a query: it sleeps until a job becomes ready
 * that it may take. Any thread.
 */
struct leases;

/* Observes the store, and is served by the timer; both are borrowed. */
void leases_start(struct store *store, struct timer *timer, struct leases **ret_leases);

/* From now on claims take nothing, and those that wait are answered at once. NULL is fine. */
void leases_drain(struct leases *leases);

/* Whether claims take nothing any more. */
bool leases_drains(struct leases *leases);

/* No claim may be under way any more. NULL is fine. */
void leases_stop(struct leases *leases);

/*
 * Claims jobs, and waits for them when none is ready: count 0 is the answer once claim->wait_ms is
 * over. The caller sets store.call.done, context, store.arena, store.claim (whose account is the
 * caller's), and `gone`, which is asked with the context while the claim waits, twice a second
 * and before it is given anything; it must be quick, and once it says true, nothing is taken.
 */
struct leases_claim {
    struct store_claim store;
    bool (*gone)(void *context);
    /* Private. */
    struct leases *leases;
    void (*done)(struct store_call *call);
    struct waiter waiter;
};
void leases_claim(struct service *service, struct leases_claim *claim);

/*
 * A heartbeat. The caller sets update.call.done, context, update.arena, update.id, fence
 * (LEASE_NO_FENCE when none was sent) and lease_ms (0: as granted); update.lease and update.now are
 * the outcome. JOB_NOT_FOUND, LEASE_LOST, JOB_DELETED.
 */
struct leases_beat {
    struct store_update update;
    int64_t fence;
    int64_t lease_ms;
};
void leases_beat(struct service *service, struct leases_beat *beat);

#endif
