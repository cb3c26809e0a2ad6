/* The beater: a heartbeat for each job in hand, whatever the functions that run them are doing. */
#include "base/wait.h"
#include "client/worker.h"

#include <stdio.h>

/* A heartbeat that is due, copied so that it can be sent without the lock. */
struct beat {
    struct jobd_run *run;
    uint64_t serial;
    int64_t fence;
    char id[JOBD_ID_SIZE];
};

static struct jobd_run *next_due(const struct jobd_worker *worker)
{
    struct jobd_run *next = NULL;
    for (int i = 0; i < worker->options.slots; i++) {
        struct jobd_run *run = &worker->runs[i];
        if (run_is_held(run) && (next == NULL || run->beat_at < next->beat_at))
            next = run;
    }
    return next;
}

/* Waits for the next heartbeat to send; false when the worker closes. */
static bool await_due(struct jobd_worker *worker, int64_t not_before, struct beat *ret_beat)
{
    pthread_mutex_lock(&worker->lock);
    while (!worker->closing) {
        struct jobd_run *run = next_due(worker);
        int64_t at = run != NULL && run->beat_at > not_before ? run->beat_at : not_before;
        int64_t left = at - worker_now();
        if (run == NULL) {
            pthread_cond_wait(&worker->to_beat, &worker->lock);
        } else if (left > 0) {
            wait_for(&worker->to_beat, &worker->lock, left);
        } else {
            *ret_beat = (struct beat){run, run->serial, run->grant->fence, ""};
            snprintf(ret_beat->id, sizeof(ret_beat->id), "%s", run->grant->job->id);
            break;
        }
    }
    bool due = !worker->closing;
    pthread_mutex_unlock(&worker->lock);
    return due;
}

static void plan_next(struct jobd_worker *worker, const struct beat *beat, int64_t pause)
{
    pthread_mutex_lock(&worker->lock);
    if (beat->run->serial == beat->serial)
        beat->run->beat_at = worker_now() + pause;
    pthread_mutex_unlock(&worker->lock);
}

/* Returns how long to leave the server alone. */
static int64_t send_beat(struct jobd_worker *worker, const struct beat *beat,
                         struct backoff *backoff)
{
    struct jobd_lease lease;
    struct jobd_error error;
    if (jobd_beat(worker->beats, beat->id, beat->fence, 0, &lease, &error)) {
        worker_on_reached(worker);
        *backoff = (struct backoff){0};
        plan_next(worker, beat, worker_beat_interval(worker));
        if (lease.drain)
            jobd_worker_drain(worker);
        return 0;
    }
    if (run_loss(&error) != JOBD_STOP_NO) {
        run_lose(beat->run, beat->serial, &error);
        return 0;
    }
    worker_on_away(worker, &error);
    plan_next(worker, beat, 0); /* behind all that are due already */
    return backoff_pause(backoff, &error, worker_longest_pause(worker) / 2);
}

void *worker_beater(void *context)
{
    struct jobd_worker *worker = context;
    struct backoff backoff = {0};
    struct beat beat;
    int64_t not_before = 0;
    while (await_due(worker, not_before, &beat))
        not_before = worker_now() + send_beat(worker, &beat, &backoff);
    return NULL;
}
