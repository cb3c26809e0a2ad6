/* A job in hand, as the function that runs it sees it, and as the worker's threads do. */
#include "base/mem.h"
#include "client/worker.h"

#include <string.h>
#include <unistd.h>

/* How long the end of a job may take to be reported once the worker is to stop. */
#define PATIENCE (5 * SECOND)
/* The part of it that the output before the end may take. */
#define PATIENCE_OUTPUT (2 * SECOND)

bool run_is_held(const struct jobd_run *run)
{
    int stop = atomic_load(&run->stop);
    return run->grant != NULL && (stop == JOBD_STOP_NO || stop == JOBD_STOP_WORKER);
}

const char *client_url_of(const struct jobd_run *run)
{
    return client_url(run->client);
}

/* That the job is gone outweighs that the worker is to stop. */
void run_stop(struct jobd_run *run, enum jobd_stop why)
{
    const uint64_t one = 1;
    int was = atomic_load(&run->stop);
    if (was != JOBD_STOP_NO && (was != JOBD_STOP_WORKER || why == JOBD_STOP_WORKER))
        return;
    atomic_store(&run->stop, (int)why);
    if (write(run->stop_fd, &one, sizeof(one)) < 0)
        return; /* it is full: then it is readable as well */
}

/* What the teller is in the middle of, the slot tells again. */
void run_hurry(struct jobd_run *run)
{
    int64_t now = worker_now();
    run->deadline = now + PATIENCE;
    client_set_deadline(run->client, now + PATIENCE_OUTPUT);
    if (run->telling)
        client_set_deadline(run->worker->tells, now);
}

enum jobd_stop run_loss(const struct jobd_error *error)
{
    if (error->status == 409 && strcmp(error->code, "jobDeleted") == 0)
        return JOBD_STOP_DELETED;
    if (error->status == 404 || (error->status == 409 && strcmp(error->code, "leaseLost") == 0))
        return JOBD_STOP_LOST;
    return JOBD_STOP_NO;
}

void run_lose(struct jobd_run *run, uint64_t serial, const struct jobd_error *error)
{
    pthread_mutex_lock(&run->worker->lock);
    if (run_is_held(run) && run->serial == serial)
        run_stop(run, run_loss(error));
    pthread_cond_broadcast(&run->worker->changed);
    pthread_mutex_unlock(&run->worker->lock);
}

void run_take_progress(struct jobd_run *run, struct jobd_report *report, char **ret_message)
{
    pthread_mutex_lock(&run->worker->lock);
    report->fence = run->grant->fence;
    if (run->dirty) {
        report->progress = run->percent;
        report->message = *ret_message = run->message != NULL ? mem_strdup(run->message) : NULL;
    }
    run->dirty = false;
    pthread_mutex_unlock(&run->worker->lock);
}

enum outbox_outcome run_send_output(struct jobd_run *run, struct jobd_client *client,
                                    struct jobd_error *error)
{
    struct jobd_worker *worker = run->worker;
    pthread_mutex_lock(&worker->lock);
    bool found = outbox_take(&run->outbox);
    pthread_mutex_unlock(&worker->lock);
    if (!found)
        return OUTBOX_SENT;
    enum outbox_outcome outcome =
        outbox_send(&run->outbox, client, run->grant->job->id, run->grant->fence, error);
    if (outcome == OUTBOX_REFUSED && run_loss(error) == JOBD_STOP_NO)
        worker_warn(worker, "the output of the job %s is not kept: %s", run->grant->job->id,
                    error->text);
    pthread_mutex_lock(&worker->lock);
    outbox_settle(&run->outbox, outcome);
    pthread_mutex_unlock(&worker->lock);
    return outcome;
}

const struct jobd_grant *jobd_run_grant(const struct jobd_run *run)
{
    return run->grant;
}

void jobd_run_progress(struct jobd_run *run, int percent, const char *message)
{
    char *copy = message != NULL ? mem_strdup(message) : NULL;
    pthread_mutex_lock(&run->worker->lock);
    if (percent != JOBD_NO_PROGRESS)
        run->percent = percent;
    if (copy != NULL) {
        mem_free(run->message);
        run->message = copy;
    }
    if (!run->dirty)
        pthread_cond_signal(&run->worker->to_tell);
    run->dirty = true;
    pthread_mutex_unlock(&run->worker->lock);
}

void jobd_run_log(struct jobd_run *run, const void *bytes, size_t len)
{
    pthread_mutex_lock(&run->worker->lock);
    if (!outbox_is_waiting(&run->outbox))
        pthread_cond_signal(&run->worker->to_tell);
    outbox_add(&run->outbox, bytes, len);
    pthread_mutex_unlock(&run->worker->lock);
}

enum jobd_stop jobd_run_stopped(const struct jobd_run *run)
{
    return (enum jobd_stop)atomic_load(&run->stop);
}

int jobd_run_stop_fd(const struct jobd_run *run)
{
    return run->stop_fd;
}
