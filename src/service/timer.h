/* The timer: one thread that does what is due for all who wait, and sleeps in between. */
#ifndef JOBD_SERVICE_TIMER_H
#define JOBD_SERVICE_TIMER_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct timer;

/* Something that has to be done at times; the owner's memory. */
struct timer_task {
    /*
     * Does what is due, without blocking, and says when to be called again at the latest (by
     * timer_now; INT64_MAX: once woken). Runs on the timer's thread, one task at a time, and now
     * and then when nothing is due.
     */
    int64_t (*run)(void *context, int64_t now_ns);
    void *context;
    struct timer_task *next; /* the timer's own */
};

/* Starts the thread; the clock is borrowed. */
bool timer_start(const struct clock *clock, struct timer **ret_timer, struct err *err);

/* Ends it; no task may be left. NULL is fine. */
void timer_stop(struct timer *timer);

/* From now on the task runs (it is borrowed), until timer_remove returns. Not from a task. */
void timer_add(struct timer *timer, struct timer_task *task);
void timer_remove(struct timer *timer, struct timer_task *task);

/* All tasks run soon, for what is due may be another now. Any thread, under any lock of a task. */
void timer_wake(struct timer *timer);

/* The monotonic time that tasks go by, in nanoseconds. */
int64_t timer_now(const struct timer *timer);

#endif
