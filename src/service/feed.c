/* The change feed: one thread reads what is new for all, and each reader takes what it wants. */
#include "service/feed.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "base/wait.h"
#include "service/feed_emit.h"
#include "service/outage.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#define NS_PER_S INT64_C(1000000000)

/* How often the store is read at most: what a job went through in between is never told. */
#define PACE_NS (10 * INT64_C(1000000))
#define RETRY_NS NS_PER_S

/* How often those who wait are looked at, and how often each of them hears a beat. */
#define TICK_NS NS_PER_S
#define BEAT_TICKS 15

/* How many changes are read at once, by the thread and by a reader that is behind. */
#define READ_MAX 256
#define PAGE_MAX 128

struct feed {
    struct store *store;
    const struct clock *clock;
    struct feed_options options;
    struct store_observer observer;
    _Atomic int64_t committed; /* the last change the store told of */
    _Atomic bool missed; /* there may be changes that the store has not told of */
    _Atomic bool told; /* the thread is awake already, or knows that it must look */
    pthread_t thread;
    struct arena arena; /* the thread's */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t news;
    struct feed_ring ring;
    struct stalls stalls;
    struct feed_reader *waiting;
    size_t readers;
    int64_t seen; /* what was committed when the ring last held all of it */
    int64_t read_ns, tick_ns; /* when to read the store, and to look at who waits, at the soonest */
    unsigned ticks, joined; /* so many so far */
    bool draining, stopping;
};

/* Without a problem but that it must read the store first: *ret_behind. */
static enum feed_outcome read_locked(struct feed *feed, struct feed_reader *reader,
                                     bool *ret_behind)
{
    bool sent = false;
    if (feed->draining)
        return FEED_OVER;
    if (reader->beat)
        feed_emit_mark(reader, FEED_BEAT, &sent);
    reader->beat = false;
    *ret_behind = reader->position < feed->ring.low;
    if (!*ret_behind && feed_emit_ring(&feed->ring, reader, &sent) &&
        feed_emit_stalls(&feed->stalls, reader, &sent) && !reader->synced &&
        reader->position >= reader->goal) {
        reader->synced = true;
        feed_emit_mark(reader, FEED_SYNCED, &sent);
    }
    if (sent)
        return FEED_SENT;
    if (!*ret_behind) {
        reader->next = feed->waiting;
        feed->waiting = reader;
    }
    return FEED_WAITS;
}

static void page_done(struct store_call *call)
{
    const struct feed_reader *reader = call->context;
    reader->wake(reader->context);
}

/* The answer may be there before this returns; either way the reader is woken. */
static void ask_page(struct feed *feed, struct feed_reader *reader)
{
    reader->paging = true;
    reader->page = (struct store_changes){
        .call = {.done = page_done, .context = reader},
        .after = reader->position,
        .limit = PAGE_MAX,
        .arena = &reader->arena,
    };
    store_changes(feed->store, &reader->page);
}

/* What the store answered; FEED_WAITS: nothing that the reader wants. */
static enum feed_outcome read_page(struct feed_reader *reader)
{
    enum feed_outcome outcome = FEED_OVER;
    reader->paging = false;
    if (reader->page.call.problem == PROBLEM_NONE)
        outcome = feed_emit_page(reader);
    arena_release(&reader->arena);
    return outcome;
}

enum feed_outcome feed_read(struct feed *feed, struct feed_reader *reader)
{
    enum feed_outcome outcome = FEED_WAITS;
    bool behind = false;
    if (reader->over(reader->context))
        return FEED_OVER;
    if (reader->paging)
        outcome = read_page(reader);
    if (outcome != FEED_WAITS)
        return outcome;
    pthread_mutex_lock(&feed->lock);
    outcome = read_locked(feed, reader, &behind);
    pthread_mutex_unlock(&feed->lock);
    if (outcome == FEED_WAITS && behind)
        ask_page(feed, reader);
    return outcome;
}

/* Once it is woken a reader's memory is its owner's again. */
static void wake_all(struct feed_reader *first)
{
    while (first != NULL) {
        struct feed_reader *next = first->next;
        first->wake(first->context);
        first = next;
    }
}

/* Those who wait and of whom `is_due` says so, out of the list, chained by `next`. */
static struct feed_reader *take_locked(struct feed *feed,
                                       bool (*is_due)(struct feed *, struct feed_reader *))
{
    struct feed_reader *taken = NULL;
    for (struct feed_reader **at = &feed->waiting; *at != NULL;) {
        struct feed_reader *reader = *at;
        if (!is_due(feed, reader)) {
            at = &reader->next;
            continue;
        }
        *at = reader->next;
        reader->next = taken;
        taken = reader;
    }
    return taken;
}

static bool is_synced_by(const struct feed *feed, const struct feed_reader *reader)
{
    return !reader->synced && feed->ring.high >= reader->goal;
}

/* Who does not care for what is new has read it, too: so nobody who waits falls behind. */
static bool has_news(struct feed *feed, struct feed_reader *reader)
{
    const struct feed_entry *entry;
    int64_t at = reader->position;
    if (at < feed->ring.low || is_synced_by(feed, reader))
        return true;
    while ((entry = feed_ring_next(&feed->ring, &at)) != NULL) {
        if (query_concerns(reader->query, &entry->job, entry->folded))
            return true;
        reader->position = at;
    }
    reader->position = at;
    return feed_next_stall(&feed->stalls, reader) != NULL;
}

static bool is_everybody(struct feed *feed, struct feed_reader *reader)
{
    (void)feed, (void)reader;
    return true;
}

static bool is_at_beat(struct feed *feed, struct feed_reader *reader)
{
    if (feed->ticks % 2 == 0 && reader->over(reader->context))
        return true;
    if (feed->ticks % BEAT_TICKS != reader->beat_tick)
        return false;
    reader->beat = true;
    return true;
}

/* What could not be kept must be read from the store by everybody. */
static void add_locked(struct feed *feed, struct feed_entry *entry, const struct job *job)
{
    stalls_forget(&feed->stalls, job);
    if (job->change <= feed->ring.high)
        feed_entry_free(entry);
    else if (entry == NULL)
        feed_ring_reset(&feed->ring, job->change);
    else
        feed_ring_add(&feed->ring, entry);
}

/* Reads a stretch of what is new; false when the store does not answer. */
static bool read_news(struct feed *feed, int64_t after, struct feed_entry **entries,
                      struct store_changes *ret_changes)
{
    *ret_changes = (struct store_changes){.after = after, .limit = READ_MAX, .arena = &feed->arena};
    STORE_WAIT(store_changes, feed->store, ret_changes);
    if (ret_changes->call.problem != PROBLEM_NONE) {
        if (!outage_covers(ret_changes->call.problem))
            log_event(LOG_WARN, "changes not read",
                      LOG_F_STR("reason", ret_changes->call.err.text));
        return false;
    }
    for (size_t i = 0; i < ret_changes->count; i++)
        entries[i] = feed_entry_new(&ret_changes->jobs[i]);
    return true;
}

/* The lock is not held while the store is read, nor while readers are woken. */
static void read_round(struct feed *feed, int64_t now)
{
    struct feed_entry *entries[READ_MAX];
    struct store_changes changes;
    int64_t after = feed->ring.high, committed = atomic_load(&feed->committed);
    bool missed = atomic_exchange(&feed->missed, false);
    pthread_mutex_unlock(&feed->lock);
    bool good = read_news(feed, after, entries, &changes);
    pthread_mutex_lock(&feed->lock);
    bool more = good && changes.count == READ_MAX;
    if (missed && (!good || more))
        atomic_store(&feed->missed, true);
    feed->read_ns = !good ? now + RETRY_NS : more ? now : now + PACE_NS;
    for (size_t i = 0; good && i < changes.count; i++)
        add_locked(feed, entries[i], &changes.jobs[i]);
    if (good && !more)
        feed->seen = committed;
    struct feed_reader *woken = take_locked(feed, has_news);
    pthread_mutex_unlock(&feed->lock);
    wake_all(woken);
    arena_clear(&feed->arena);
    pthread_mutex_lock(&feed->lock);
}

static int64_t stalled_until(const struct feed *feed)
{
    return clock_wall_ms(feed->clock) - feed->options.stalled_after_ms;
}

/* What could not be read is asked for again at the next tick. */
static void read_stalls(struct feed *feed)
{
    struct store_stalled asked = stalls_question(&feed->stalls, stalled_until(feed), &feed->arena);
    pthread_mutex_unlock(&feed->lock);
    STORE_WAIT(store_stalled, feed->store, &asked);
    pthread_mutex_lock(&feed->lock);
    if (asked.call.problem == PROBLEM_NONE)
        stalls_take(&feed->stalls, &asked);
    else if (!outage_covers(asked.call.problem))
        log_event(LOG_WARN, "stalled jobs not read", LOG_F_STR("reason", asked.call.err.text));
    arena_clear(&feed->arena);
}

static bool is_due(struct feed *feed, struct feed_reader *reader)
{
    return is_at_beat(feed, reader) || feed_next_stall(&feed->stalls, reader) != NULL;
}

static void tick(struct feed *feed, int64_t now)
{
    feed->ticks++;
    feed->tick_ns = now + TICK_NS;
    read_stalls(feed);
    struct feed_reader *woken = take_locked(feed, is_due);
    pthread_mutex_unlock(&feed->lock);
    wake_all(woken);
    pthread_mutex_lock(&feed->lock);
}

static bool is_behind(const struct feed *feed)
{
    int64_t committed = atomic_load(&feed->committed);
    return (committed > feed->ring.high && committed > feed->seen) || atomic_load(&feed->missed);
}

/* `told` is taken back before looking once more, so that what comes from now on is told. */
static bool is_quiet(struct feed *feed)
{
    if (is_behind(feed))
        return false;
    atomic_store(&feed->told, false);
    return !is_behind(feed);
}

/* With nobody to read for, nothing is read. */
static void work_locked(struct feed *feed)
{
    if (feed->readers == 0) {
        pthread_cond_wait(&feed->news, &feed->lock);
        return;
    }
    int64_t now = clock_mono_ns(feed->clock);
    int64_t next = is_quiet(feed) ? INT64_MAX : feed->read_ns;
    if (next <= now)
        read_round(feed, now);
    else if (feed->tick_ns <= now)
        tick(feed, now);
    else
        wait_for(&feed->news, &feed->lock, (next < feed->tick_ns ? next : feed->tick_ns) - now);
}

static void *run(void *argument)
{
    struct feed *feed = argument;
    pthread_mutex_lock(&feed->lock);
    while (!feed->stopping)
        work_locked(feed);
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

/* Once for each commit or so: who is awake, or will look, need not be told. */
static void tell(struct feed *feed)
{
    if (atomic_exchange(&feed->told, true))
        return;
    pthread_mutex_lock(&feed->lock);
    pthread_cond_signal(&feed->news);
    pthread_mutex_unlock(&feed->lock);
}

/* Once for each change, so it does next to nothing but for the first. */
static void on_changed(void *context, int64_t position, int64_t change)
{
    struct feed *feed = context;
    (void)position;
    int64_t known = atomic_load(&feed->committed);
    while (known < change && !atomic_compare_exchange_weak(&feed->committed, &known, change))
        ;
    tell(feed);
}

static void on_missed(void *context)
{
    struct feed *feed = context;
    atomic_store(&feed->missed, true);
    tell(feed);
}

static void feed_free(struct feed *feed)
{
    stalls_release(&feed->stalls);
    feed_ring_release(&feed->ring);
    arena_release(&feed->arena);
    pthread_cond_destroy(&feed->news);
    pthread_mutex_destroy(&feed->lock);
    mem_free(feed);
}

bool feed_start(struct store *store, const struct clock *clock, const struct feed_options *options,
                struct feed **ret_feed, struct err *err)
{
    struct feed *feed = mem_need(mem_alloc(1, sizeof(*feed)));
    feed->store = store;
    feed->clock = clock;
    feed->options = *options;
    feed->observer =
        (struct store_observer){.context = feed, .changed = on_changed, .missed = on_missed};
    arena_init(&feed->arena, FEED_PAGE_BYTES);
    pthread_mutex_init(&feed->lock, NULL);
    wait_init(&feed->news);
    bool good = feed_ring_init(&feed->ring) || err_set(err, "no memory for the change feed");
    if (!good || !thread_start(&feed->thread, run, feed, err)) {
        feed_free(feed);
        return false;
    }
    store_observe(store, &feed->observer);
    *ret_feed = feed;
    return true;
}

void feed_drain(struct feed *feed)
{
    if (feed == NULL)
        return;
    pthread_mutex_lock(&feed->lock);
    feed->draining = true;
    struct feed_reader *woken = take_locked(feed, is_everybody);
    pthread_mutex_unlock(&feed->lock);
    wake_all(woken);
}

void feed_stop(struct feed *feed)
{
    if (feed == NULL)
        return;
    store_unobserve(feed->store, &feed->observer);
    thread_end(feed->thread, &feed->lock, &feed->news, &feed->stopping);
    feed_free(feed);
}

/*
 * For the first one of all the ring begins anew where it begins: nobody has read up to there. It
 * never goes back, as others may have read further while this one was about to join.
 */
static void join_locked(struct feed *feed, struct feed_reader *reader, int64_t last)
{
    if (feed->readers++ == 0) {
        if (last > feed->ring.high)
            feed_ring_reset(&feed->ring, last);
        stalls_begin(&feed->stalls, stalled_until(feed));
        pthread_cond_signal(&feed->news);
    }
    reader->stalls_told = feed->stalls.last;
    reader->beat_tick = feed->joined++ % BEAT_TICKS;
    metric_set(METRIC_FEED_READERS, (int64_t)feed->readers);
}

enum problem feed_join(struct feed *feed, struct feed_reader *reader, int64_t last, struct err *err)
{
    if (reader->position > last) {
        err_set(err, "The change %" PRId64 " has not been yet.", reader->position);
        return PROBLEM_INVALID_CURSOR;
    }
    if (reader->position == FEED_FROM_NOW)
        reader->position = last;
    reader->whole = reader->position == 0;
    reader->goal = last;
    arena_init(&reader->arena, FEED_PAGE_BYTES);
    pthread_mutex_lock(&feed->lock);
    bool room = feed->readers < feed->options.readers_max;
    if (room)
        join_locked(feed, reader, last);
    pthread_mutex_unlock(&feed->lock);
    return room ? PROBLEM_NONE : PROBLEM_TOO_MANY_READERS;
}

void feed_leave(struct feed *feed, struct feed_reader *reader)
{
    pthread_mutex_lock(&feed->lock);
    feed->readers--;
    metric_set(METRIC_FEED_READERS, (int64_t)feed->readers);
    pthread_mutex_unlock(&feed->lock);
    arena_release(&reader->arena);
}
