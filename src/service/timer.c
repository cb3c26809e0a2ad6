/* The timer: one thread that does what is due for all who wait, and sleeps in between. */
#include "service/timer.h"

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"

#include <pthread.h>

struct timer {
    const struct clock *clock;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows; not held while a task runs */
    pthread_cond_t wake; /* for the thread */
    pthread_cond_t rest; /* for who waits until no task runs */
    struct timer_task *first;
    bool woken, running, stopping;
};

/* Under the lock, which is given back meanwhile; the list only changes while no task runs. */
static int64_t run_all(struct timer *timer)
{
    int64_t next = INT64_MAX;
    timer->woken = false;
    timer->running = true;
    pthread_mutex_unlock(&timer->lock);
    for (struct timer_task *task = timer->first; task != NULL; task = task->next) {
        int64_t at = task->run(task->context, timer_now(timer));
        next = at < next ? at : next;
    }
    pthread_mutex_lock(&timer->lock);
    timer->running = false;
    pthread_cond_broadcast(&timer->rest);
    return next;
}

/* By the real clock whatever the given one is: it only decides how long to sleep. */
static void sleep_until(struct timer *timer, int64_t next)
{
    int64_t now = timer_now(timer);
    if (timer->woken || timer->stopping)
        return;
    if (next == INT64_MAX)
        pthread_cond_wait(&timer->wake, &timer->lock);
    else if (next > now)
        wait_for(&timer->wake, &timer->lock, next - now);
}

static void *run(void *argument)
{
    struct timer *timer = argument;
    pthread_mutex_lock(&timer->lock);
    while (!timer->stopping)
        sleep_until(timer, run_all(timer));
    pthread_mutex_unlock(&timer->lock);
    return NULL;
}

static void timer_free(struct timer *timer)
{
    pthread_cond_destroy(&timer->rest);
    pthread_cond_destroy(&timer->wake);
    pthread_mutex_destroy(&timer->lock);
    mem_free(timer);
}

bool timer_start(const struct clock *clock, struct timer **ret_timer, struct err *err)
{
    struct timer *timer = mem_need(mem_alloc(1, sizeof(*timer)));
    timer->clock = clock;
    pthread_mutex_init(&timer->lock, NULL);
    wait_init(&timer->wake);
    pthread_cond_init(&timer->rest, NULL);
    if (!thread_start(&timer->thread, run, timer, err)) {
        timer_free(timer);
        return false;
    }
    *ret_timer = timer;
    return true;
}

void timer_stop(struct timer *timer)
{
    if (timer == NULL)
        return;
    thread_end(timer->thread, &timer->lock, &timer->wake, &timer->stopping);
    timer_free(timer);
}

static void lock_at_rest(struct timer *timer)
{
    pthread_mutex_lock(&timer->lock);
    while (timer->running)
        pthread_cond_wait(&timer->rest, &timer->lock);
}

void timer_add(struct timer *timer, struct timer_task *task)
{
    lock_at_rest(timer);
    task->next = timer->first;
    timer->first = task;
    timer->woken = true;
    pthread_cond_signal(&timer->wake);
    pthread_mutex_unlock(&timer->lock);
}

void timer_remove(struct timer *timer, struct timer_task *task)
{
    lock_at_rest(timer);
    for (struct timer_task **at = &timer->first; *at != NULL; at = &(*at)->next) {
        if (*at != task)
            continue;
        *at = task->next;
        break;
    }
    pthread_mutex_unlock(&timer->lock);
}

void timer_wake(struct timer *timer)
{
    pthread_mutex_lock(&timer->lock);
    timer->woken = true;
    pthread_cond_signal(&timer->wake);
    pthread_mutex_unlock(&timer->lock);
}

int64_t timer_now(const struct timer *timer)
{
    return clock_mono_ns(timer->clock);
}
