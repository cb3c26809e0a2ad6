/* The workers' use cases: claims that wait, heartbeats, and what time does to leases. */
#include "service/leases.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"
#include "service/outage.h"

#include <pthread.h>
#include <stddef.h>

#define NS_PER_MS INT64_C(1000000)

/* What one step of the store's housekeeping may take on, and when to try again after a failure. */
#define REAP_LIMIT 100
#define REAP_RETRY_MS 1000

/*
 * A claim is in one place at a time: being asked for in the store, waiting, or woken. The lock is
 * never held while the store is called or a claim answered, since either may call back; functions
 * whose names end in `_locked` are called under it.
 */
struct leases {
    struct store *store;
    struct timer *timer;
    struct timer_task task;
    struct store_observer observer;
    pthread_mutex_t lock; /* guards all below, but for `reap` while it is under way */
    pthread_cond_t reaped;
    struct waiting waiting;
    struct sleeper *woken, **woken_end; /* to be asked for again, by the timer's thread */
    int64_t reap_ns;
    bool reaping, draining, stopping;
    struct store_reap reap;
};

static struct leases_claim *claim_of(struct waiter *waiter)
{
    return CONTAINER_OF(waiter, struct leases_claim, waiter);
}

static int64_t min_ns(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Once `done` is called the claim may be gone. */
static void answer(struct leases_claim *claim)
{
    claim->store.call.done = claim->done;
    claim->done(&claim->store.call);
}

static void answer_empty(struct leases_claim *claim)
{
    claim->store.call.problem = PROBLEM_NONE;
    claim->store.count = 0;
    answer(claim);
}

static void push_woken_locked(struct leases *leases, struct waiter *waiter)
{
    if (waiter == NULL)
        return;
    waiter->sleeper.next = NULL;
    *leases->woken_end = &waiter->sleeper;
    leases->woken_end = &waiter->sleeper.next;
    timer_wake(leases->timer);
}

static struct waiter *pop_woken_locked(struct leases *leases)
{
    struct sleeper *sleeper = leases->woken;
    leases->woken = sleeper->next;
    if (leases->woken == NULL)
        leases->woken_end = &leases->woken;
    sleeper->next = NULL;
    return waiter_of(sleeper);
}

/* Whether the job it was woken for may still be there, with nobody told of it. */
static bool left_its_job(const struct leases_claim *claim)
{
    const struct store_claim *store = &claim->store;
    if (store->call.problem != PROBLEM_NONE)
        return true;
    if (store->count < store->claim->max)
        return false;
    for (size_t i = 0; i < store->count; i++)
        if (span_eq(store->grants[i].job.type, claim->waiter.woken_for))
            return false;
    return true;
}

static void pass_on_locked(struct leases *leases, const struct waiter *waiter)
{
    if (waiter->woken_for.len > 0)
        push_woken_locked(leases, waiting_wake(&leases->waiting, waiter->woken_for));
}

static void wait_locked(struct leases *leases, struct waiter *waiter)
{
    int64_t due = sleepers_due(&leases->waiting.sleepers);
    waiting_add(&leases->waiting, waiter, timer_now(leases->timer));
    if (sleepers_due(&leases->waiting.sleepers) < due)
        timer_wake(leases->timer);
}

/* What to do with a claim the store has spoken on; true: it is answered. */
static bool settle_locked(struct leases *leases, struct leases_claim *claim)
{
    struct waiter *waiter = &claim->waiter;
    if (left_its_job(claim))
        pass_on_locked(leases, waiter);
    waiter->woken_for = (struct span){0};
    if (claim->store.call.problem != PROBLEM_NONE || claim->store.count > 0 || leases->draining ||
        waiter->sleeper.deadline_ns <= timer_now(leases->timer))
        return true;
    if (waiting_missed(&leases->waiting, waiter))
        push_woken_locked(leases, waiter);
    else
        wait_locked(leases, waiter);
    return false;
}

static void asked(struct store_call *call)
{
    struct leases_claim *claim = CONTAINER_OF(call, struct leases_claim, store.call);
    struct leases *leases = claim->leases;
    pthread_mutex_lock(&leases->lock);
    bool over = settle_locked(leases, claim);
    pthread_mutex_unlock(&leases->lock);
    if (over)
        answer(claim);
}

bool leases_drains(struct leases *leases)
{
    pthread_mutex_lock(&leases->lock);
    bool draining = leases->draining;
    pthread_mutex_unlock(&leases->lock);
    return draining;
}

static void ask(struct leases *leases, struct leases_claim *claim)
{
    pthread_mutex_lock(&leases->lock);
    bool draining = leases->draining;
    waiting_ask(&leases->waiting, &claim->waiter);
    pthread_mutex_unlock(&leases->lock);
    if (draining) {
        answer_empty(claim);
        return;
    }
    claim->store.call.done = asked;
    store_claim(leases->store, &claim->store);
}

/* The timer's: a claim that was woken asks again, unless nobody is there to hear. */
static void ask_again(struct leases *leases, struct waiter *waiter)
{
    struct leases_claim *claim = claim_of(waiter);
    if (!waiter->sleeper.gone(waiter->sleeper.context)) {
        ask(leases, claim);
        return;
    }
    pthread_mutex_lock(&leases->lock);
    pass_on_locked(leases, waiter);
    pthread_mutex_unlock(&leases->lock);
    answer_empty(claim);
}

static void answer_all(struct sleeper *over)
{
    while (over != NULL) {
        struct sleeper *next = over->next;
        answer_empty(claim_of(waiter_of(over)));
        over = next;
    }
}

static void reaped(struct store_call *call)
{
    struct leases *leases = call->context;
    const struct store_reap *reap = &leases->reap;
    int64_t in_ms = reap->more ? 0 : reap->next_ms;
    if (call->problem != PROBLEM_NONE) {
        in_ms = REAP_RETRY_MS;
        if (!outage_covers(call->problem))
            log_event(LOG_WARN, "leases not looked after", LOG_F_STR("reason", call->err.text));
    }
    metric_add(METRIC_LEASES_EXPIRED, (int64_t)reap->expired);
    pthread_mutex_lock(&leases->lock);
    leases->reaping = false;
    leases->reap_ns = min_ns(leases->reap_ns, timer_now(leases->timer) + in_ms * NS_PER_MS);
    timer_wake(leases->timer);
    pthread_cond_signal(&leases->reaped);
    pthread_mutex_unlock(&leases->lock);
}

static bool must_reap_locked(const struct leases *leases, int64_t now)
{
    return !leases->reaping && !leases->stopping && leases->reap_ns <= now;
}

/* What becomes due while it is under way must not be forgotten: so the time is cleared before. */
static void begin_reap_locked(struct leases *leases)
{
    leases->reaping = true;
    leases->reap_ns = INT64_MAX;
    leases->reap = (struct store_reap){
        .call = {.done = reaped, .context = leases},
        .limit = REAP_LIMIT,
    };
}

static bool must_sweep_locked(const struct leases *leases, int64_t now)
{
    const struct sleepers *sleepers = &leases->waiting.sleepers;
    return sleepers_due(sleepers) <= now || (leases->draining && sleepers->first != NULL);
}

/* One thing that is to be done now, without the lock; false when there is none. */
static bool step(struct leases *leases)
{
    int64_t now = timer_now(leases->timer);
    if (leases->woken != NULL) {
        struct waiter *waiter = pop_woken_locked(leases);
        pthread_mutex_unlock(&leases->lock);
        ask_again(leases, waiter);
    } else if (must_sweep_locked(leases, now)) {
        struct sleeper *over = waiting_sweep(&leases->waiting, leases->draining, now);
        pthread_mutex_unlock(&leases->lock);
        answer_all(over);
    } else if (must_reap_locked(leases, now)) {
        begin_reap_locked(leases);
        pthread_mutex_unlock(&leases->lock);
        store_reap(leases->store, &leases->reap);
    } else {
        return false;
    }
    pthread_mutex_lock(&leases->lock);
    return true;
}

static int64_t run(void *context, int64_t now)
{
    struct leases *leases = context;
    (void)now;
    pthread_mutex_lock(&leases->lock);
    while (step(leases))
        continue;
    int64_t reap_ns = leases->reaping || leases->stopping ? INT64_MAX : leases->reap_ns;
    int64_t next = min_ns(reap_ns, sleepers_due(&leases->waiting.sleepers));
    pthread_mutex_unlock(&leases->lock);
    return next;
}

static void on_ready(void *context, struct span type)
{
    struct leases *leases = context;
    pthread_mutex_lock(&leases->lock);
    push_woken_locked(leases, waiting_ready(&leases->waiting, type));
    pthread_mutex_unlock(&leases->lock);
}

/* All ask again, and so does the reaper. */
static void on_missed(void *context)
{
    struct leases *leases = context;
    pthread_mutex_lock(&leases->lock);
    struct sleeper *at = waiting_ready_any(&leases->waiting, timer_now(leases->timer));
    while (at != NULL) {
        struct sleeper *next = at->next;
        push_woken_locked(leases, waiter_of(at));
        at = next;
    }
    leases->reap_ns = 0;
    timer_wake(leases->timer);
    pthread_mutex_unlock(&leases->lock);
}

static void on_due(void *context, int64_t in_ms)
{
    struct leases *leases = context;
    int64_t at = timer_now(leases->timer) + in_ms * NS_PER_MS;
    pthread_mutex_lock(&leases->lock);
    if (at < leases->reap_ns) {
        leases->reap_ns = at;
        timer_wake(leases->timer);
    }
    pthread_mutex_unlock(&leases->lock);
}

void leases_start(struct store *store, struct timer *timer, struct leases **ret_leases)
{
    struct leases *leases = mem_need(mem_alloc(1, sizeof(*leases)));
    leases->store = store;
    leases->timer = timer;
    leases->task = (struct timer_task){.run = run, .context = leases};
    leases->observer = (struct store_observer){
        .context = leases, .ready = on_ready, .due = on_due, .missed = on_missed};
    leases->woken_end = &leases->woken;
    pthread_mutex_init(&leases->lock, NULL);
    pthread_cond_init(&leases->reaped, NULL);
    timer_add(timer, &leases->task);
    store_observe(store, &leases->observer);
    *ret_leases = leases;
}

void leases_drain(struct leases *leases)
{
    if (leases == NULL)
        return;
    pthread_mutex_lock(&leases->lock);
    leases->draining = true;
    pthread_mutex_unlock(&leases->lock);
    timer_wake(leases->timer);
}

static void await_reaped(struct leases *leases)
{
    pthread_mutex_lock(&leases->lock);
    leases->stopping = true;
    while (leases->reaping)
        pthread_cond_wait(&leases->reaped, &leases->lock);
    pthread_mutex_unlock(&leases->lock);
}

void leases_stop(struct leases *leases)
{
    if (leases == NULL)
        return;
    store_unobserve(leases->store, &leases->observer);
    await_reaped(leases);
    timer_remove(leases->timer, &leases->task);
    pthread_cond_destroy(&leases->reaped);
    pthread_mutex_destroy(&leases->lock);
    mem_free(leases);
}

void leases_claim(struct service *service, struct leases_claim *claim)
{
    struct leases *leases = service->leases;
    const struct claim *wanted = claim->store.claim;
    claim->leases = leases;
    claim->done = claim->store.call.done;
    struct sleeper sleeper = {
        .deadline_ns = timer_now(leases->timer) + wanted->wait_ms * NS_PER_MS,
        .gone = claim->gone,
        .context = claim->store.call.context,
    };
    waiter_init(&claim->waiter, wanted, sleeper);
    ask(leases, claim);
}

static enum problem apply_beat(void *context, const struct hold *hold, bool *ret_changed,
                               struct err *err)
{
    const struct leases_beat *beat = context;
    *ret_changed = false;
    return hold_beat(hold, beat->fence, beat->lease_ms, err);
}

void leases_beat(struct service *service, struct leases_beat *beat)
{
    beat->update.mutate = apply_beat;
    beat->update.context = beat;
    store_update(service->store, &beat->update);
}
