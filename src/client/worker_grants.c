/* Jobs granted to a worker: put into its slots, or given back. */
#include "client/worker.h"

#include <string.h>
#include <unistd.h>

/* How long giving back may take when the worker is to end. */
#define PATIENCE (5 * SECOND)
/* Seconds until a job may come again that this worker is not through with. */
#define RETURN_DELAY 5

static void put(struct jobd_run *run, struct jobd_grant *grant, bool stale)
{
    int64_t now = worker_now();
    uint64_t count;
    if (read(run->stop_fd, &count, sizeof(count)) < 0)
        count = 0; /* it was not raised */
    atomic_store(&run->stop, JOBD_STOP_NO);
    run->grant = grant;
    run->serial++;
    run->beat_at = stale ? now : now + worker_beat_interval(run->worker);
    run->tell_at = now;
    run->percent = JOBD_NO_PROGRESS;
    run->outbox =
        grant->fence > JOBD_FIRST_FENCE ? (struct outbox)OUTBOX_AT_END() : (struct outbox)OUTBOX();
}

/* A job we lost may be granted to us again while its function has yet to notice. */
static bool is_in_hand(const struct jobd_worker *worker, const char *id)
{
    for (int i = 0; i < worker->options.slots; i++)
        if (worker->runs[i].grant != NULL && strcmp(worker->runs[i].grant->job->id, id) == 0)
            return true;
    return false;
}

bool run_fill(struct jobd_run *run, struct jobd_grant *grant, bool stale)
{
    if (run->worker->draining || is_in_hand(run->worker, grant->job->id))
        return false;
    put(run, grant, stale);
    pthread_cond_signal(&run->worker->to_beat);
    return true;
}

bool worker_is_draining(struct jobd_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool draining = worker->draining;
    pthread_mutex_unlock(&worker->lock);
    return draining;
}

void worker_give_back(struct jobd_worker *worker, struct jobd_client *client,
                      struct jobd_grants *grants)
{
    struct jobd_error error;
    bool draining = worker_is_draining(worker);
    int64_t until = worker_now() + PATIENCE;
    for (size_t i = 0; i < grants->count; i++) {
        const struct jobd_grant *grant = grants->grants[i];
        if (grant == NULL)
            continue;
        if (draining)
            client_set_deadline(client, until);
        if (!jobd_release(client, grant->job->id, grant->fence, draining ? 0 : RETURN_DELAY,
                          &error))
            worker_warn(worker, "the job %s could not be given back: %s", grant->job->id,
                        error.text);
    }
    jobd_grants_free(grants);
}
