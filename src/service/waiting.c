/* Waiting claims: a list in order of arrival, and counts that exclude lost wake-ups. */
#include "service/waiting.h"

#include "base/metrics.h"
#include "base/scope.h"
#include "model/type_list.h"

/* FNV-1a: the buckets need no more than to be spread. */
static unsigned bucket_of(struct span type)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < type.len; i++)
        hash = (hash ^ (unsigned char)type.ptr[i]) * 16777619u;
    return (hash ^ hash >> 16) % WAITING_BUCKETS;
}

struct waiter *waiter_of(struct sleeper *sleeper)
{
    return CONTAINER_OF(sleeper, struct waiter, sleeper);
}

void waiter_init(struct waiter *waiter, const struct claim *claim, struct sleeper sleeper)
{
    *waiter = (struct waiter){.claim = claim, .sleeper = sleeper};
    for (size_t i = 0; i < claim->type_count; i++)
        waiter->buckets |= UINT64_C(1) << bucket_of(claim->types[i]);
}

/* The counts only rise, so that equal sums are equal counts. */
static uint64_t count_ready(const struct waiting *waiting, uint64_t buckets)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WAITING_BUCKETS; i++)
        if ((buckets >> i & 1) != 0)
            sum += waiting->ready[i];
    return sum;
}

void waiting_ask(const struct waiting *waiting, struct waiter *waiter)
{
    waiter->seen = count_ready(waiting, waiter->buckets);
}

bool waiting_missed(const struct waiting *waiting, const struct waiter *waiter)
{
    return waiter->seen != count_ready(waiting, waiter->buckets);
}

/* Who waits again was among the first, so its place is looked for from there. */
static struct sleeper *place_of(const struct waiting *waiting, const struct waiter *waiter)
{
    struct sleeper *before = NULL;
    for (struct sleeper *at = waiting->sleepers.first;
         at != NULL && waiter_of(at)->arrival < waiter->arrival; at = at->next)
        before = at;
    return before;
}

void waiting_add(struct waiting *waiting, struct waiter *waiter, int64_t now_ns)
{
    struct sleepers *sleepers = &waiting->sleepers;
    bool again = waiter->arrival != 0;
    metric_add(METRIC_CLAIMS_WAITING, 1);
    waiter->woken_for = (struct span){0};
    if (!again)
        waiter->arrival = ++waiting->arrivals;
    sleepers_add(sleepers, &waiter->sleeper, again ? place_of(waiting, waiter) : sleepers->last,
                 now_ns);
}

struct sleeper *waiting_sweep(struct waiting *waiting, bool all, int64_t now_ns)
{
    struct sleeper *over = sleepers_sweep(&waiting->sleepers, all, now_ns);
    for (const struct sleeper *at = over; at != NULL; at = at->next)
        metric_add(METRIC_CLAIMS_WAITING, -1);
    return over;
}

struct waiter *waiting_wake(struct waiting *waiting, struct span type)
{
    uint64_t bucket = UINT64_C(1) << bucket_of(type);
    size_t place;
    for (struct sleeper *sleeper = waiting->sleepers.first; sleeper != NULL;
         sleeper = sleeper->next) {
        struct waiter *at = waiter_of(sleeper);
        if ((at->buckets & bucket) == 0 ||
            !type_list_find(at->claim->types, at->claim->type_count, type, &place))
            continue;
        sleepers_remove(&waiting->sleepers, sleeper);
        metric_add(METRIC_CLAIMS_WAITING, -1);
        at->woken_for = at->claim->types[place];
        return at;
    }
    return NULL;
}

struct sleeper *waiting_ready_any(struct waiting *waiting, int64_t now_ns)
{
    for (unsigned i = 0; i < WAITING_BUCKETS; i++)
        waiting->ready[i]++;
    return waiting_sweep(waiting, true, now_ns);
}

struct waiter *waiting_ready(struct waiting *waiting, struct span type)
{
    waiting->ready[bucket_of(type)]++;
    return waiting_wake(waiting, type);
}
