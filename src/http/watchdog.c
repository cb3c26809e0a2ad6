/* The watchdog: cuts connections that are past their deadline, whatever they are dribbling. */
#include "http/watchdog.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "base/wait.h"

#include <pthread.h>
#include <sys/socket.h>

#define LOOK_NS INT64_C(250000000)

struct watchdog {
    const struct clock *clock;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all and stopping */
    pthread_cond_t stop;
    bool stopping;
    struct watched *all;
};

/* shutdown, not close: the descriptor stays the server's, who sees the end of the connection at
 * once. */
static void cut_late(struct watchdog *watchdog)
{
    int64_t now = clock_mono_ns(watchdog->clock);
    for (struct watched *at = watchdog->all; at != NULL; at = at->next) {
        int64_t deadline = atomic_load_explicit(&at->deadline_ns, memory_order_relaxed);
        if (deadline == 0 || deadline > now)
            continue;
        shutdown(at->fd, SHUT_RDWR);
        atomic_store_explicit(&at->deadline_ns, 0, memory_order_relaxed);
        metric_add(METRIC_HTTP_DEADLINES, 1);
    }
}

static void *look(void *argument)
{
    struct watchdog *watchdog = argument;
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->stopping) {
        cut_late(watchdog);
        wait_for(&watchdog->stop, &watchdog->lock, LOOK_NS);
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

bool watchdog_start(const struct clock *clock, struct watchdog **ret_watchdog, struct err *err)
{
    struct watchdog *watchdog = mem_alloc(1, sizeof(*watchdog));
    if (watchdog == NULL)
        return err_set(err, "no memory for the watchdog");
    watchdog->clock = clock;
    pthread_mutex_init(&watchdog->lock, NULL);
    wait_init(&watchdog->stop);
    if (!thread_start(&watchdog->thread, look, watchdog, err)) {
        mem_free(watchdog);
        return false;
    }
    *ret_watchdog = watchdog;
    return true;
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (watchdog == NULL)
        return;
    thread_end(watchdog->thread, &watchdog->lock, &watchdog->stop, &watchdog->stopping);
    pthread_cond_destroy(&watchdog->stop);
    pthread_mutex_destroy(&watchdog->lock);
    mem_free(watchdog);
}

void watchdog_watch(struct watchdog *watchdog, struct watched *watched)
{
    pthread_mutex_lock(&watchdog->lock);
    watched->previous = NULL;
    watched->next = watchdog->all;
    if (watched->next != NULL)
        watched->next->previous = watched;
    watchdog->all = watched;
    pthread_mutex_unlock(&watchdog->lock);
}

void watchdog_unwatch(struct watchdog *watchdog, struct watched *watched)
{
    pthread_mutex_lock(&watchdog->lock);
    if (watched->previous != NULL)
        watched->previous->next = watched->next;
    else
        watchdog->all = watched->next;
    if (watched->next != NULL)
        watched->next->previous = watched->previous;
    pthread_mutex_unlock(&watchdog->lock);
}

void watchdog_expect(struct watchdog *watchdog, struct watched *watched, int64_t timeout_ms)
{
    int64_t deadline =
        timeout_ms < 0 ? 0 : clock_mono_ns(watchdog->clock) + timeout_ms * INT64_C(1000000);
    atomic_store_explicit(&watched->deadline_ns, deadline, memory_order_relaxed);
}
