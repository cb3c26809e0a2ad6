/* The watch: who waits until a certain job changes, and is woken by the commit that changes it. */
#ifndef JOBD_SERVICE_WATCH_H
#define JOBD_SERVICE_WATCH_H

#include "base/uuid.h"
#include "service/sleepers.h"
#include "service/timer.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Any thread. Waiting costs neither a thread nor a query. */
struct watch;

/*
 * One who waits; the owner's memory. It first says that it is going to look (watch_ask), looks at
 * the job in the store, and when it has not seen what it wants, waits (watch_wait). Woken, it
 * begins anew, until watch_wait says that it is over. Between a wait that began and its wake-up the
 * memory is not touched.
 */
struct watcher {
    struct sleeper sleeper; /* the owner fills it */
    void (*wake)(void *context); /* the owner's: of the sleeper's context; once for each wait that
                                    began, on any thread, and quick: it only wakes somebody */
    bool output; /* the owner's: growing output, which does not change the job, wakes as well */
    /* Private. */
    int64_t position;
    uint64_t seen;
    struct watcher *next;
};

enum watch_outcome {
    WATCH_WAITS, /* `wake` will be called, or has been already: look again */
    WATCH_MISSED, /* the job may have changed since watch_ask: look again at once */
    WATCH_OVER, /* the time is, the client has gone, or the server stops: answer as it is */
};

/* Observes the store, and is served by the timer; both are borrowed. */
void watch_start(struct store *store, struct timer *timer, struct watch **ret_watch);

/* From now on nobody waits; who waits already is woken. NULL is fine. */
void watch_drain(struct watch *watch);

/* Nobody may wait any more. NULL is fine. */
void watch_stop(struct watch *watch);

/* Before the store is asked for the job of this id. */
void watch_ask(struct watch *watch, struct watcher *watcher, const struct uuid *id);
enum watch_outcome watch_wait(struct watch *watch, struct watcher *watcher);

/* The deadline of one who may wait `ms` from now on. */
int64_t watch_deadline(const struct watch *watch, int64_t ms);

#endif
