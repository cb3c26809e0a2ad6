/* Waiting claims: a list in order of arrival, and counts that exclude lost wake-ups. */
#include "service/waiting.h"

#include "base/metrics.h"
#include "model/type_list.h"

/* FNV-1a: the buckets need no more than to be spread. */
static unsigned bucket_of(struct span type)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < type.len; i++)
        hash = (hash ^ (unsigned char)type.ptr[i]) * 16777619u;
    return (hash ^ hash >> 16) % WAITING_BUCKETS;
}

void waiter_init(struct waiter *waiter, const struct claim *claim, int64_t deadline_ns)
{
    *waiter = (struct waiter){.claim = claim, .deadline_ns = deadline_ns};
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

/* Behind `before`; NULL: at the front. */
static void insert(struct waiting *waiting, struct waiter *waiter, struct waiter *before)
{
    waiter->previous = before;
    waiter->next = before != NULL ? before->next : waiting->first;
    *(before != NULL ? &before->next : &waiting->first) = waiter;
    *(waiter->next != NULL ? &waiter->next->previous : &waiting->last) = waiter;
}

/* Who waits again was among the first, so its place is looked for from there. */
void waiting_add(struct waiting *waiting, struct waiter *waiter)
{
    struct waiter *before = NULL;
    metric_add(METRIC_CLAIMS_WAITING, 1);
    waiter->woken_for = (struct span){0};
    if (waiter->arrival == 0) {
        waiter->arrival = ++waiting->arrivals;
        insert(waiting, waiter, waiting->last);
        return;
    }
    for (struct waiter *at = waiting->first; at != NULL && at->arrival < waiter->arrival;
         at = at->next)
        before = at;
    insert(waiting, waiter, before);
}

void waiting_remove(struct waiting *waiting, struct waiter *waiter)
{
    *(waiter->previous != NULL ? &waiter->previous->next : &waiting->first) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->previous : &waiting->last) = waiter->previous;
    waiter->previous = waiter->next = NULL;
    metric_add(METRIC_CLAIMS_WAITING, -1);
}

struct waiter *waiting_wake(struct waiting *waiting, struct span type)
{
    uint64_t bucket = UINT64_C(1) << bucket_of(type);
    size_t place;
    for (struct waiter *at = waiting->first; at != NULL; at = at->next) {
        if ((at->buckets & bucket) == 0 ||
            !type_list_find(at->claim->types, at->claim->type_count, type, &place))
            continue;
        waiting_remove(waiting, at);
        at->woken_for = at->claim->types[place];
        return at;
    }
    return NULL;
}

struct waiter *waiting_ready(struct waiting *waiting, struct span type)
{
    waiting->ready[bucket_of(type)]++;
    return waiting_wake(waiting, type);
}
