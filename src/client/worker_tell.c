/* The teller: tells the server of the progress and the output of all jobs in hand. */
#include "base/mem.h"
#include "base/scope.h"
#include "base/wait.h"
#include "client/worker.h"

/* A job is told of twice a second at most. */
#define INTERVAL (SECOND / 2)

static struct jobd_run *next_due(const struct jobd_worker *worker)
{
    struct jobd_run *next = NULL;
    for (int i = 0; i < worker->options.slots; i++) {
        struct jobd_run *run = &worker->runs[i];
        bool has_news = run->dirty || outbox_is_waiting(&run->outbox);
        if (run_is_held(run) && !run->ending && has_news &&
            (next == NULL || run->tell_at < next->tell_at))
            next = run;
    }
    return next;
}

/* Waits for something to tell; NULL when the worker closes. */
static struct jobd_run *await_due(struct jobd_worker *worker, int64_t not_before)
{
    struct jobd_run *run = NULL;
    pthread_mutex_lock(&worker->lock);
    while (!worker->closing) {
        run = next_due(worker);
        int64_t at = run != NULL && run->tell_at > not_before ? run->tell_at : not_before;
        int64_t left = at - worker_now();
        if (run != NULL && left <= 0) {
            run->telling = true;
            client_set_deadline(worker->tells, INT64_MAX);
            break;
        }
        if (run == NULL)
            pthread_cond_wait(&worker->to_tell, &worker->lock);
        else
            wait_for(&worker->to_tell, &worker->lock, left);
    }
    if (worker->closing)
        run = NULL;
    pthread_mutex_unlock(&worker->lock);
    return run;
}

static void finish(struct jobd_run *run, bool again)
{
    struct jobd_worker *worker = run->worker;
    pthread_mutex_lock(&worker->lock);
    run->telling = false;
    run->dirty |= again;
    run->tell_at = worker_now() + INTERVAL;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* Whether the same is to be told again. */
static bool look_at_failure(struct jobd_run *run, const struct jobd_error *error)
{
    if (run_loss(error) != JOBD_STOP_NO)
        run_lose(run, run->serial, error);
    else if (jobd_may_pass(error))
        worker_on_away(run->worker, error);
    else
        worker_warn(run->worker, "a progress was refused: %s", error->text);
    return jobd_may_pass(error);
}

/* False when it is to be told again. */
static bool tell_progress(struct jobd_run *run, struct jobd_error *error)
{
    struct jobd_report report = JOBD_REPORT;
    AUTO(mem_free_at) char *message = NULL;
    run_take_progress(run, &report, &message);
    if (report.progress == JOBD_NO_PROGRESS && report.message == NULL)
        return true;
    if (!jobd_report(run->worker->tells, run->grant->job->id, &report, NULL, error))
        return !look_at_failure(run, error);
    worker_on_reached(run->worker);
    return true;
}

/* While `telling` is set the grant stays. Returns how long to leave the server alone. */
static int64_t tell(struct jobd_run *run, struct backoff *backoff)
{
    struct jobd_worker *worker = run->worker;
    struct jobd_error error;
    bool told = tell_progress(run, &error);
    bool sent = told && run_send_output(run, worker->tells, &error) != OUTBOX_LATER;
    if (told && !sent)
        worker_on_away(worker, &error);
    finish(run, !told);
    if (!sent)
        return backoff_pause(backoff, &error, worker_longest_pause(worker));
    *backoff = (struct backoff){0};
    return 0;
}

void *worker_teller(void *context)
{
    struct jobd_worker *worker = context;
    struct backoff backoff = {0};
    struct jobd_run *run;
    int64_t not_before = 0;
    while ((run = await_due(worker, not_before)) != NULL)
        not_before = worker_now() + tell(run, &backoff);
    return NULL;
}
