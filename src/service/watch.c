/* The watch: buckets of those who wait for jobs, and counts that exclude lost wake-ups. */
#include "service/watch.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"

#include <pthread.h>

#define BUCKETS 1024u
#define NS_PER_MS INT64_C(1000000)

/*
 * A bucket counts the changes of its jobs: what changes between a watcher's asking and its waiting
 * shows in the count, and at worst another job's change has it look once more.
 */
struct bucket {
    uint64_t changes;
    struct watcher *first;
};

/* The lock is not held while somebody is woken, for the timer's thread, but by the observer. */
struct watch {
    struct store *store;
    struct timer *timer;
    struct timer_task task;
    struct store_observer observer;
    pthread_mutex_t lock; /* of what follows */
    struct sleepers sleepers; /* all of them */
    bool draining;
    struct bucket buckets[BUCKETS];
};

static struct bucket *bucket_of(struct watch *watch, int64_t position)
{
    uint64_t hash = (uint64_t)position * UINT64_C(0x9E3779B97F4A7C15);
    return &watch->buckets[(hash >> 32) % BUCKETS];
}

static struct watcher *watcher_of(struct sleeper *sleeper)
{
    return CONTAINER_OF(sleeper, struct watcher, sleeper);
}

/* Once it is woken its memory is its owner's again. */
static void wake_all(struct watcher *first)
{
    while (first != NULL) {
        struct watcher *next = first->next;
        metric_add(METRIC_WATCHES_WAITING, -1);
        first->wake(first->sleeper.context);
        first = next;
    }
}

/* Those whom it concerns, out of both lists, chained by `next`. */
static struct watcher *take_locked(struct watch *watch, int64_t position, bool output)
{
    struct watcher *taken = NULL;
    for (struct watcher **at = &bucket_of(watch, position)->first; *at != NULL;) {
        struct watcher *watcher = *at;
        if (watcher->position != position || (output && !watcher->output)) {
            at = &watcher->next;
            continue;
        }
        *at = watcher->next;
        sleepers_remove(&watch->sleepers, &watcher->sleeper);
        watcher->next = taken;
        taken = watcher;
    }
    return taken;
}

/*
 * A job may write output a thousand times a second: who does not want it must not look as often,
 * for each look takes memory of its request.
 */
static void on_changed(void *context, int64_t position, int64_t change)
{
    struct watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    bucket_of(watch, position)->changes++;
    struct watcher *taken = take_locked(watch, position, change == 0);
    pthread_mutex_unlock(&watch->lock);
    wake_all(taken);
}

static void forget_locked(struct watch *watch, struct watcher *watcher)
{
    struct watcher **at = &bucket_of(watch, watcher->position)->first;
    while (*at != watcher)
        at = &(*at)->next;
    *at = watcher->next;
}

/* Those who need not wait any more, or all, chained by `next`. */
static struct watcher *sweep_locked(struct watch *watch, bool all, int64_t now)
{
    struct watcher *over = NULL;
    struct sleeper *sleeper = sleepers_sweep(&watch->sleepers, all, now);
    for (; sleeper != NULL; sleeper = sleeper->next) {
        struct watcher *watcher = watcher_of(sleeper);
        forget_locked(watch, watcher);
        watcher->next = over;
        over = watcher;
    }
    return over;
}

/* All look again. */
static void on_missed(void *context)
{
    struct watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    for (unsigned i = 0; i < BUCKETS; i++)
        watch->buckets[i].changes++;
    struct watcher *all = sweep_locked(watch, true, timer_now(watch->timer));
    pthread_mutex_unlock(&watch->lock);
    wake_all(all);
}

static int64_t run(void *context, int64_t now)
{
    struct watch *watch = context;
    struct watcher *over = NULL;
    pthread_mutex_lock(&watch->lock);
    if (watch->draining || sleepers_due(&watch->sleepers) <= now)
        over = sweep_locked(watch, watch->draining, now);
    int64_t next = sleepers_due(&watch->sleepers);
    pthread_mutex_unlock(&watch->lock);
    wake_all(over);
    return next;
}

void watch_start(struct store *store, struct timer *timer, struct watch **ret_watch)
{
    struct watch *watch = mem_need(mem_alloc(1, sizeof(*watch)));
    watch->store = store;
    watch->timer = timer;
    watch->task = (struct timer_task){.run = run, .context = watch};
    watch->observer =
        (struct store_observer){.context = watch, .changed = on_changed, .missed = on_missed};
    pthread_mutex_init(&watch->lock, NULL);
    timer_add(timer, &watch->task);
    store_observe(store, &watch->observer);
    *ret_watch = watch;
}

void watch_drain(struct watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->draining = true;
    pthread_mutex_unlock(&watch->lock);
    timer_wake(watch->timer);
}

void watch_stop(struct watch *watch)
{
    if (watch == NULL)
        return;
    store_unobserve(watch->store, &watch->observer);
    timer_remove(watch->timer, &watch->task);
    pthread_mutex_destroy(&watch->lock);
    mem_free(watch);
}

/* An id that is none of ours has no position, nor a job that could be waited for. */
void watch_ask(struct watch *watch, struct watcher *watcher, const struct uuid *id)
{
    if (!uuid_position(id, &watcher->position))
        watcher->position = 0;
    pthread_mutex_lock(&watch->lock);
    watcher->seen = bucket_of(watch, watcher->position)->changes;
    pthread_mutex_unlock(&watch->lock);
}

static void wait_locked(struct watch *watch, struct watcher *watcher, int64_t now)
{
    struct bucket *bucket = bucket_of(watch, watcher->position);
    metric_add(METRIC_WATCHES_WAITING, 1);
    watcher->next = bucket->first;
    bucket->first = watcher;
    sleepers_add(&watch->sleepers, &watcher->sleeper, watch->sleepers.last, now);
}

/* The timer need only hear of a time that is sooner than what it knows. */
enum watch_outcome watch_wait(struct watch *watch, struct watcher *watcher)
{
    enum watch_outcome outcome = WATCH_WAITS;
    int64_t now = timer_now(watch->timer);
    pthread_mutex_lock(&watch->lock);
    int64_t due = sleepers_due(&watch->sleepers);
    if (watch->draining || watcher->sleeper.deadline_ns <= now)
        outcome = WATCH_OVER;
    else if (watcher->seen != bucket_of(watch, watcher->position)->changes)
        outcome = WATCH_MISSED;
    else
        wait_locked(watch, watcher, now);
    bool sooner = sleepers_due(&watch->sleepers) < due;
    pthread_mutex_unlock(&watch->lock);
    if (sooner)
        timer_wake(watch->timer);
    return outcome;
}

int64_t watch_deadline(const struct watch *watch, int64_t ms)
{
    return timer_now(watch->timer) + ms * NS_PER_MS;
}
