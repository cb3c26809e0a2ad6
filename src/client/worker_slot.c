/* A slot: runs one job after the other, reports how each ended, and claims the next with that. */
#include "base/mem.h"
#include "base/scope.h"
#include "base/uuid.h"
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

/* The end of a job on its way to the server, with a claim for the slot's next one. */
struct ending {
    struct jobd_run *run;
    struct jobd_report report;
    bool claims; /* it asks for the next job, under this id: */
    char request_id[UUID_TEXT_SIZE];
    bool open; /* a request that asked for it was sent that did not tell what was granted */
    bool stale; /* there was such a request: what is granted may have been for a while */
    struct jobd_grants *next; /* what was granted; NULL: nothing is known of */
};

/* Whoever drains the worker within the function means this slot, too. */
static bool drains(struct jobd_worker *worker)
{
    return atomic_load(&worker->level) >= WORKER_DRAINS || worker_is_draining(worker);
}

/* A next job would have to wait for what is left of this one's output. */
static void plan_claim(struct ending *ending)
{
    struct jobd_run *run = ending->run;
    struct uuid id = uuid_random();
    uuid_format(&id, ending->request_id);
    pthread_mutex_lock(&run->worker->lock);
    ending->claims = !outbox_is_waiting(&run->outbox);
    pthread_mutex_unlock(&run->worker->lock);
}

static void set_deadline(struct jobd_run *run)
{
    pthread_mutex_lock(&run->worker->lock);
    client_set_deadline(run->client, run->deadline);
    pthread_mutex_unlock(&run->worker->lock);
}

/* The same request again as long as its answer is not known. */
static bool try_report(struct ending *ending, struct jobd_error *error)
{
    struct jobd_run *run = ending->run;
    const char *id = run->grant->job->id;
    struct jobd_claim claim = worker_claim_under(run->worker, ending->request_id);
    if (!ending->open && drains(run->worker))
        ending->claims = false;
    set_deadline(run);
    if (!ending->claims)
        return jobd_report(run->client, id, &ending->report, NULL, error);
    bool good = jobd_report_next(run->client, id, &ending->report, &claim, &ending->next, error);
    ending->open = good ? ending->next == NULL : ending->open || jobd_may_pass(error);
    ending->stale |= ending->open;
    return good;
}

/* Until it is taken, or nobody wants it. */
static bool deliver(struct ending *ending, struct jobd_error *error)
{
    struct jobd_run *run = ending->run;
    struct backoff backoff = {0};
    int64_t longest = worker_longest_pause(run->worker);
    while (!try_report(ending, error)) {
        if (!jobd_may_pass(error))
            return false;
        worker_on_away(run->worker, error);
        if (!pause_for(run, backoff_pause(&backoff, error, longest)))
            return false;
    }
    worker_on_reached(run->worker);
    return true;
}

/* Neither is the job lost, nor would the same fare better another time. */
static bool is_refused(const struct jobd_error *error)
{
    return !jobd_may_pass(error) && run_loss(error) == JOBD_STOP_NO;
}

/* Reporting may have used up the time there is once the worker is to stop. */
static void allow_recovery(struct jobd_run *run)
{
    pthread_mutex_lock(&run->worker->lock);
    if (run->deadline != INT64_MAX)
        run->deadline = worker_now() + RECOVERY;
    pthread_mutex_unlock(&run->worker->lock);
}

/*
 * Where a report is refused, or not worth repeating, one before it may have been taken all the
 * same, and have been granted a job: a claim under the same id tells. So it does where the server
 * took the report, but could not claim.
 */
static void recover(struct ending *ending)
{
    struct jobd_run *run = ending->run;
    struct backoff backoff = {0};
    struct jobd_error error;
    struct jobd_claim claim = worker_claim_under(run->worker, ending->request_id);
    if (ending->open)
        allow_recovery(run);
    while (ending->open) {
        bool last = worker_is_draining(run->worker);
        set_deadline(run);
        ending->open =
            !jobd_claim(run->client, &claim, &ending->next, &error) && jobd_may_pass(&error);
        if (last || !ending->open)
            return;
        worker_pause(run->worker, &backoff, &error);
    }
}

/* A claim, or a progress, the server does not like is no reason to keep the end from it. */
static void report_end(struct ending *ending)
{
    struct jobd_run *run = ending->run;
    struct jobd_error error;
    AUTO(mem_free_at) char *message = NULL;
    run_take_progress(run, &ending->report, &message);
    plan_claim(ending);
    bool good = deliver(ending, &error);
    if (!good && ending->claims && is_refused(&error)) {
        ending->claims = false;
        good = deliver(ending, &error);
    }
    if (!good && error.status == 400) {
        worker_warn(run->worker, "a progress was refused: %s", error.text);
        ending->report.progress = JOBD_NO_PROGRESS;
        ending->report.message = NULL;
        good = deliver(ending, &error);
    }
    if (!good && run_loss(&error) == JOBD_STOP_NO)
        worker_warn(run->worker, "the end of the job %s was not reported: %s", run->grant->job->id,
                    error.text);
    recover(ending);
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

/* The next job takes the place of the one before at once: the slot is never free in between. */
static void free_slot(struct jobd_run *run, const struct ending *ending)
{
    struct jobd_grants *next = ending->next;
    struct jobd_worker *worker = run->worker;
    pthread_mutex_lock(&worker->lock);
    jobd_grant_free(run->grant);
    mem_free(run->message);
    outbox_release(&run->outbox);
    run->grant = NULL;
    run->message = NULL;
    run->ending = run->dirty = false;
    if (next != NULL && next->count > 0 && run_fill(run, next->grants[0], ending->stale))
        next->grants[0] = NULL;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    if (next != NULL)
        worker_give_back(worker, run->client, next);
    set_deadline(run);
}

static void end_job(struct jobd_run *run, enum jobd_outcome outcome)
{
    struct ending ending = {.run = run, .report = report_of(outcome)};
    ending.report.progress = JOBD_NO_PROGRESS;
    begin_end(run);
    if (is_held(run)) {
        send_rest(run, TRIES);
        report_end(&ending);
        send_rest(run, TRIES);
    }
    free_slot(run, &ending);
}

void *worker_slot(void *context)
{
    struct jobd_run *run = context;
    const struct jobd_worker_options *options = &run->worker->options;
    while (await_job(run))
        end_job(run, options->run(run, options->context));
    return NULL;
}
