/* The workers' use cases, and the one thread that waits for all of them. */
#include "service/leases.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"
#include "base/wait.h"

#include <pthread.h>
#include <stddef.h>

#define NS_PER_MS INT64_C(1000000)

/* How often those that wait are asked whether they are still there. */
#define LOOK_NS (500 * NS_PER_MS)

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
    const struct clock *clock;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below, but for `reap` while it is under way */
    pthread_cond_t wake;
    struct waiting waiting;
    struct waiter *woken, **woken_end; /* to be asked for again, by the thread */
    int64_t look_ns, sweep_ns; /* when to look who is gone, and whose time is over */
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

static bool is_gone(const struct leases_claim *claim)
{
    return claim->gone(claim->store.call.context);
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
    waiter->next = NULL;
    *leases->woken_end = waiter;
    leases->woken_end = &waiter->next;
    pthread_cond_signal(&leases->wake);
}

static struct waiter *pop_woken_locked(struct leases *leases)
{
    struct waiter *waiter = leases->woken;
    leases->woken = waiter->next;
    if (leases->woken == NULL)
        leases->woken_end = &leases->woken;
    waiter->next = NULL;
    return waiter;
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
    if (leases->waiting.first == NULL)
        leases->look_ns = clock_mono_ns(leases->clock) + LOOK_NS;
    waiting_add(&leases->waiting, waiter);
    leases->sweep_ns = min_ns(leases->sweep_ns, waiter->deadline_ns);
    pthread_cond_signal(&leases->wake);
}

/* What to do with a claim the store has spoken on; true: it is answered. */
static bool settle_locked(struct leases *leases, struct leases_claim *claim)
{
    struct waiter *waiter = &claim->waiter;
    if (left_its_job(claim))
        pass_on_locked(leases, waiter);
    waiter->woken_for = (struct span){0};
    if (claim->store.call.problem != PROBLEM_NONE || claim->store.count > 0 || leases->draining ||
        waiter->deadline_ns <= clock_mono_ns(leases->clock))
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

/* The thread's: a claim that was woken asks again, unless nobody is there to hear. */
static void ask_again(struct leases *leases, struct waiter *waiter)
{
    struct leases_claim *claim = claim_of(waiter);
    if (!is_gone(claim)) {
        ask(leases, claim);
        return;
    }
    pthread_mutex_lock(&leases->lock);
    pass_on_locked(leases, waiter);
    pthread_mutex_unlock(&leases->lock);
    answer_empty(claim);
}

/* The thread's: takes those out of the list that need not wait any more, chained by `next`. */
static struct waiter *sweep_locked(struct leases *leases, int64_t now)
{
    struct waiter *over = NULL, *next;
    bool look = now >= leases->look_ns;
    leases->sweep_ns = INT64_MAX;
    for (struct waiter *at = leases->waiting.first; at != NULL; at = next) {
        next = at->next;
        if (!leases->draining && at->deadline_ns > now && !(look && is_gone(claim_of(at)))) {
            leases->sweep_ns = min_ns(leases->sweep_ns, at->deadline_ns);
            continue;
        }
        waiting_remove(&leases->waiting, at);
        at->next = over;
        over = at;
    }
    if (look)
        leases->look_ns = now + LOOK_NS;
    return over;
}

static void answer_all(struct waiter *over)
{
    while (over != NULL) {
        struct waiter *next = over->next;
        answer_empty(claim_of(over));
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
        log_event(LOG_WARN, "leases not looked after", LOG_F_STR("reason", call->err.text));
    }
    metric_add(METRIC_LEASES_EXPIRED, (int64_t)reap->expired);
    pthread_mutex_lock(&leases->lock);
    leases->reaping = false;
    leases->reap_ns = min_ns(leases->reap_ns, clock_mono_ns(leases->clock) + in_ms * NS_PER_MS);
    pthread_cond_signal(&leases->wake);
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

static int64_t next_locked(const struct leases *leases)
{
    int64_t next = leases->reaping ? INT64_MAX : leases->reap_ns;
    if (leases->waiting.first != NULL)
        next = min_ns(next, min_ns(leases->look_ns, leases->sweep_ns));
    return next;
}

/* By the real clock whatever the given one is: it only decides how long to sleep. */
static void sleep_locked(struct leases *leases, int64_t now)
{
    int64_t next = next_locked(leases), ns = next - now;
    if (next == INT64_MAX) {
        pthread_cond_wait(&leases->wake, &leases->lock);
        return;
    }
    wait_for(&leases->wake, &leases->lock, ns);
}

/* One thing that is to be done now, without the lock; false when there is none. */
static bool step(struct leases *leases)
{
    int64_t now = clock_mono_ns(leases->clock);
    if (leases->woken != NULL) {
        struct waiter *waiter = pop_woken_locked(leases);
        pthread_mutex_unlock(&leases->lock);
        ask_again(leases, waiter);
    } else if (leases->waiting.first != NULL && min_ns(leases->look_ns, leases->sweep_ns) <= now) {
        struct waiter *over = sweep_locked(leases, now);
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

static void *run(void *argument)
{
    struct leases *leases = argument;
    pthread_mutex_lock(&leases->lock);
    while (!leases->stopping || leases->reaping)
        if (!step(leases))
            sleep_locked(leases, clock_mono_ns(leases->clock));
    pthread_mutex_unlock(&leases->lock);
    return NULL;
}

static void on_ready(void *context, struct span type)
{
    struct leases *leases = context;
    pthread_mutex_lock(&leases->lock);
    push_woken_locked(leases, waiting_ready(&leases->waiting, type));
    pthread_mutex_unlock(&leases->lock);
}

static void on_due(void *context, int64_t in_ms)
{
    struct leases *leases = context;
    int64_t at = clock_mono_ns(leases->clock) + in_ms * NS_PER_MS;
    pthread_mutex_lock(&leases->lock);
    if (at < leases->reap_ns) {
        leases->reap_ns = at;
        pthread_cond_signal(&leases->wake);
    }
    pthread_mutex_unlock(&leases->lock);
}

static void leases_free(struct leases *leases)
{
    pthread_cond_destroy(&leases->wake);
    pthread_mutex_destroy(&leases->lock);
    mem_free(leases);
}

bool leases_start(struct store *store, const struct clock *clock, struct leases **ret_leases,
                  struct err *err)
{
    struct leases *leases = mem_need(mem_alloc(1, sizeof(*leases)));
    leases->store = store;
    leases->clock = clock;
    leases->woken_end = &leases->woken;
    leases->sweep_ns = INT64_MAX;
    pthread_mutex_init(&leases->lock, NULL);
    wait_init(&leases->wake);
    if (pthread_create(&leases->thread, NULL, run, leases) != 0) {
        leases_free(leases);
        return err_set(err, "cannot start the thread that looks after leases");
    }
    struct store_observer observer = {.context = leases, .ready = on_ready, .due = on_due};
    store_observe(store, &observer);
    *ret_leases = leases;
    return true;
}

void leases_drain(struct leases *leases)
{
    if (leases == NULL)
        return;
    pthread_mutex_lock(&leases->lock);
    leases->draining = true;
    leases->sweep_ns = 0;
    pthread_cond_signal(&leases->wake);
    pthread_mutex_unlock(&leases->lock);
}

void leases_stop(struct leases *leases)
{
    if (leases == NULL)
        return;
    store_observe(leases->store, NULL);
    pthread_mutex_lock(&leases->lock);
    leases->stopping = true;
    pthread_cond_signal(&leases->wake);
    pthread_mutex_unlock(&leases->lock);
    pthread_join(leases->thread, NULL);
    leases_free(leases);
}

void leases_claim(struct service *service, struct leases_claim *claim)
{
    struct leases *leases = service->leases;
    const struct claim *wanted = claim->store.claim;
    claim->leases = leases;
    claim->done = claim->store.call.done;
    waiter_init(&claim->waiter, wanted, clock_mono_ns(leases->clock) + wanted->wait_ms * NS_PER_MS);
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
