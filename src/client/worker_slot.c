/* A slot: runs one job after the other, and reports how each ended. */
#include "base/mem.h"
#include "base/scope.h"
#include "base/wait.h"
#include "client/worker.h"

/* How often the rest of the output is sent before, and after, the end is reported. */
#define TRIES 2

static bool await_job(struct jobd_run *run)
{
    struct jobd_worker *worker = run->worker;
    pthread_mutex_lock(&worker->lock);
    while (!worker->closing && run->grant == NULL)
        pthread_cond_wait(&worker->changed, &worker->lock);
    bool found = run->grant != NULL;
    pthread_mutex_unlock(&worker->lock);
    return found;
}

/* From now on nobody else tells of this job. */
static void begin_end(struct jobd_run *run)
{
    pthread_mutex_lock(&run->worker->lock);
    run->ending = true;
    if (run->worker->stopping)
        run_hurry(run);
    while (run->telling)
        pthread_cond_wait(&run->worker->changed, &run->worker->lock);
    pthread_mutex_unlock(&run->worker->lock);
}

static struct jobd_report report_of(enum jobd_outcome outcome)
{
    switch (outcome) {
    case JOBD_SUCCESS:
        return (struct jobd_report){.state = "COMPLETED", .result = "SUCCESS"};
    case JOBD_COMPLETED_WITH_ERROR:
        return (struct jobd_report){.state = "COMPLETED", .result = "COMPLETED_WITH_ERROR"};
    case JOBD_FAILURE:
        return (struct jobd_report){.state = "FAILED", .result = "FAILURE"};
    case JOBD_ABORTED:
        return (struct jobd_report){.state = "FAILED", .result = "ABORTED"};
    case JOBD_RETRY:
        return (struct jobd_report){.state = "FAILED", .result = "FAILURE", .retry = true};
    case JOBD_RELEASE:
        return (struct jobd_report){.state = "WAITING"};
    }
    return (struct jobd_report){.state = "FAILED", .result = "FAILURE"};
}

static int64_t left_of(const struct jobd_run *run, int64_t until)
{
    return (until < run->deadline ? until : run->deadline) - worker_now();
}

/* False when there is no use, or no time, in trying again. */
static bool pause_for(struct jobd_run *run, int64_t pause)
{
    struct jobd_worker *worker = run->worker;
    int64_t until = worker_now() + pause, left;
    pthread_mutex_lock(&worker->lock);
    while (run_is_held(run) && (left = left_of(run, until)) > 0)
        wait_for(&worker->changed, &worker->lock, left);
    bool good = run_is_held(run) && worker_now() < run->deadline;
    pthread_mutex_unlock(&worker->lock);
    return good;
}

static bool is_held(struct jobd_run *run)
{
    pthread_mutex_lock(&run->worker->lock);
    bool held = run_is_held(run);
    pthread_mutex_unlock(&run->worker->lock);
    return held;
}

static bool try_report(struct jobd_run *run, const struct jobd_report *report,
                       struct jobd_error *error)
{
    pthread_mutex_lock(&run->worker->lock);
    client_set_deadline(run->client, run->deadline);
    pthread_mutex_unlock(&run->worker->lock);
    return jobd_report(run->client, run->grant->job->id, report, NULL, error);
}

/* Until it is taken, or nobody wants it. */
static bool deliver(struct jobd_run *run, const struct jobd_report *report,
                    struct jobd_error *error)
{
    struct backoff backoff = {0};
    int64_t longest = worker_longest_pause(run->worker);
    while (!try_report(run, report, error)) {
        if (!jobd_may_pass(error))
            return false;
        worker_on_away(run->worker, error);
        if (!pause_for(run, backoff_pause(&backoff, error, longest)))
            return false;
    }
    worker_on_reached(run->worker);
    return true;
}

/* A progress the server does not like is no reason to keep the end from it. */
static void report_end(struct jobd_run *run, enum jobd_outcome outcome)
{
    struct jobd_report report = report_of(outcome);
    struct jobd_error error;
    AUTO(mem_free_at) char *message = NULL;
    report.progress = JOBD_NO_PROGRESS;
    run_take_progress(run, &report, &message);
    bool good = deliver(run, &report, &error);
    if (!good && error.status == 400) {
        worker_warn(run->worker, "a progress was refused: %s", error.text);
        report.progress = JOBD_NO_PROGRESS;
        report.message = NULL;
        good = deliver(run, &report, &error);
    }
    if (!good && run_loss(&error) == JOBD_STOP_NO)
        worker_warn(run->worker, "the end of the job %s was not reported: %s", run->grant->job->id,
                    error.text);
}

/*
 * Before the end is reported, so that whoever follows the output has all of it when it is over; a
 * server that takes no output, for whatever reason, does not keep the end from being reported.
 */
static void send_rest(struct jobd_run *run, int tries)
{
    struct jobd_error error;
    for (bool waiting = true; waiting && tries > 0;) {
        enum outbox_outcome outcome = run_send_output(run, run->client, &error);
        if (outcome == OUTBOX_LATER)
            tries--;
        pthread_mutex_lock(&run->worker->lock);
        waiting = outcome != OUTBOX_REFUSED && outbox_is_waiting(&run->outbox);
        pthread_mutex_unlock(&run->worker->lock);
    }
}

static void free_slot(struct jobd_run *run)
{
    struct jobd_worker *worker = run->worker;
    pthread_mutex_lock(&worker->lock);
    jobd_grant_free(run->grant);
    mem_free(run->message);
    outbox_release(&run->outbox);
    run->grant = NULL;
    run->message = NULL;
    run->ending = run->dirty = false;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

void *worker_slot(void *context)
{
    struct jobd_run *run = context;
    const struct jobd_worker_options *options = &run->worker->options;
    while (await_job(run)) {
        enum jobd_outcome outcome = options->run(run, options->context);
        begin_end(run);
        if (is_held(run)) {
            send_rest(run, TRIES);
            report_end(run, outcome);
            send_rest(run, TRIES);
        }
        free_slot(run);
    }
    return NULL;
}
