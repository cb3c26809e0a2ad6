/* Waiting claims: who waits for jobs of which types, in which order, and whom a ready job wakes. */
#ifndef JOBD_SERVICE_WAITING_H
#define JOBD_SERVICE_WAITING_H

#include "base/span.h"
#include "model/claim.h"
#include "service/sleepers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAITING_BUCKETS 64

/* One claim; the owner's memory. All members are private but for `sleeper` and `woken_for`. */
struct waiter {
    struct sleeper sleeper; /* the owner fills it */
    const struct claim *claim;
    uint64_t buckets; /* one bit for each bucket its types fall in */
    uint64_t seen; /* what its buckets counted when it asked last */
    uint64_t arrival; /* its place in the order, kept over all its waits; 0: none yet */
    struct span woken_for; /* a type of its claim; empty: it was not woken */
};

/*
 * A list in order of arrival, and for each bucket of types how many jobs became ready so far: what
 * became ready between a claim's asking and its waiting shows in the counts. One thread at a time.
 */
struct waiting {
    struct sleepers sleepers;
    uint64_t arrivals;
    uint64_t ready[WAITING_BUCKETS];
};

/* A waiter of this claim, which is in no list yet. */
void waiter_init(struct waiter *waiter, const struct claim *claim, struct sleeper sleeper);

/* Before the store is asked for it. */
void waiting_ask(const struct waiting *waiting, struct waiter *waiter);

/* Whether a job that it may want became ready since. */
bool waiting_missed(const struct waiting *waiting, const struct waiter *waiter);

/* It waits: behind those that came before it for the first time. */
void waiting_add(struct waiting *waiting, struct waiter *waiter, int64_t now_ns);

/* As sleepers_sweep. */
struct sleeper *waiting_sweep(struct waiting *waiting, bool all, int64_t now_ns);

struct waiter *waiter_of(struct sleeper *sleeper);

/* Jobs of any type may have become ready: counts that, and takes all out, chained by `next`. */
struct sleeper *waiting_ready_any(struct waiting *waiting, int64_t now_ns);

/* A job of this type became ready: counts it, and wakes. */
struct waiter *waiting_ready(struct waiting *waiting, struct span type);

/* Takes the first that wants this type out of the list, and says in it what for; NULL: nobody. */
struct waiter *waiting_wake(struct waiting *waiting, struct span type);

#endif
