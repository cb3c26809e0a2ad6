/* The outage: a probe every second, and a line when its answer is another one. */
#include "service/outage.h"

#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>

#define NS_PER_S INT64_C(1000000000)

struct outage {
    struct store *store;
    struct timer *timer;
    struct timer_task task;
    struct store_probe probe; /* whose turn it is while `probing` */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t probed;
    int64_t look_ns, since_ns;
    bool probing, lost, stopping;
};

bool outage_covers(enum problem problem)
{
    return problem == PROBLEM_STORE_UNAVAILABLE || problem == PROBLEM_OUTCOME_UNKNOWN;
}

static void lose_locked(struct outage *outage, const struct err *reason)
{
    if (outage->lost)
        return;
    outage->lost = true;
    outage->since_ns = timer_now(outage->timer);
    log_event(LOG_ERROR, "store lost", LOG_F_STR("reason", reason->text));
}

static void find_locked(struct outage *outage)
{
    int64_t lasted_ns = timer_now(outage->timer) - outage->since_ns;
    if (!outage->lost)
        return;
    outage->lost = false;
    log_event(LOG_INFO, "store found", LOG_F_INT("seconds", lasted_ns / NS_PER_S));
}

void outage_note(struct outage *outage, const struct err *reason)
{
    pthread_mutex_lock(&outage->lock);
    lose_locked(outage, reason);
    pthread_mutex_unlock(&outage->lock);
}

static void probed(struct store_call *call)
{
    struct outage *outage = call->context;
    pthread_mutex_lock(&outage->lock);
    if (call->problem == PROBLEM_NONE)
        find_locked(outage);
    else
        lose_locked(outage, &call->err);
    outage->probing = false;
    pthread_cond_signal(&outage->probed);
    pthread_mutex_unlock(&outage->lock);
}

/* The next one follows a second later, answered or not; one at a time. */
static int64_t run(void *context, int64_t now)
{
    struct outage *outage = context;
    pthread_mutex_lock(&outage->lock);
    bool due = outage->look_ns <= now && !outage->probing && !outage->stopping;
    if (outage->look_ns <= now)
        outage->look_ns = now + NS_PER_S;
    int64_t next = outage->look_ns;
    if (due) {
        outage->probing = true;
        outage->probe.call = (struct store_call){.done = probed, .context = outage};
    }
    pthread_mutex_unlock(&outage->lock);
    if (due)
        store_probe(outage->store, &outage->probe);
    return next;
}

void outage_start(struct store *store, struct timer *timer, struct outage **ret_outage)
{
    struct outage *outage = mem_need(mem_alloc(1, sizeof(*outage)));
    outage->store = store;
    outage->timer = timer;
    outage->task = (struct timer_task){.run = run, .context = outage};
    pthread_mutex_init(&outage->lock, NULL);
    pthread_cond_init(&outage->probed, NULL);
    timer_add(timer, &outage->task);
    *ret_outage = outage;
}

void outage_stop(struct outage *outage)
{
    if (outage == NULL)
        return;
    pthread_mutex_lock(&outage->lock);
    outage->stopping = true;
    while (outage->probing)
        pthread_cond_wait(&outage->probed, &outage->lock);
    pthread_mutex_unlock(&outage->lock);
    timer_remove(outage->timer, &outage->task);
    pthread_cond_destroy(&outage->probed);
    pthread_mutex_destroy(&outage->lock);
    mem_free(outage);
}
