/* The claimer: keeps a worker's free slots filled, and lets no job go astray. */
#include "base/scope.h"
#include "base/uuid.h"
#include "base/wait.h"
#include "client/worker.h"
#include "model/claim.h"

#include <string.h>
#include <unistd.h>

#define WAIT_SECONDS 30
/* How long may be spent at the end on finding out what was granted. */
#define RECOVERY (5 * SECOND)
/* Seconds until a job may come again that this worker is not through with. */
#define RETURN_DELAY 5

struct claiming {
    struct jobd_worker *worker;
    struct backoff backoff;
    char request_id[UUID_TEXT_SIZE];
    int max;
    bool open; /* a request was sent under this id whose answer did not come */
};

static int count_free(const struct jobd_worker *worker)
{
    int count = 0;
    for (int i = 0; i < worker->options.slots; i++)
        count += worker->runs[i].grant == NULL;
    return count < CLAIM_JOBS_MAX ? count : CLAIM_JOBS_MAX;
}

/* How many jobs there is room for, once there is some; 0: no more are to be claimed. */
static int await_room(struct jobd_worker *worker)
{
    int room = 0;
    pthread_mutex_lock(&worker->lock);
    while (!worker->draining && (room = count_free(worker)) == 0)
        pthread_cond_wait(&worker->changed, &worker->lock);
    if (worker->draining)
        room = 0;
    pthread_mutex_unlock(&worker->lock);
    return room;
}

/* The same request again as long as its answer is not known. */
static bool ask(struct claiming *claiming, int wait_seconds, struct jobd_grants **ret_grants,
                struct jobd_error *error)
{
    struct jobd_worker *worker = claiming->worker;
    const struct jobd_claim claim = {
        .types = worker->options.types,
        .worker_id = worker->options.worker_id,
        .max = claiming->max,
        .lease_seconds = worker->options.lease_seconds,
        .wait_seconds = wait_seconds,
        .request_id = claiming->request_id,
    };
    bool good = jobd_claim(worker->claims, &claim, ret_grants, error);
    claiming->open = !good && jobd_may_pass(error);
    return good;
}

static void begin(struct claiming *claiming, int room)
{
    struct uuid id = uuid_random();
    if (claiming->open)
        return;
    uuid_format(&id, claiming->request_id);
    claiming->max = room;
}

static void put(struct jobd_run *run, struct jobd_grant *grant)
{
    int64_t now = worker_now();
    uint64_t count;
    if (read(run->stop_fd, &count, sizeof(count)) < 0)
        count = 0; /* it was not raised */
    atomic_store(&run->stop, JOBD_STOP_NO);
    run->grant = grant;
    run->serial++;
    run->beat_at = now + worker_beat_interval(run->worker);
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

static struct jobd_run *free_slot(struct jobd_worker *worker)
{
    for (int i = 0; i < worker->options.slots; i++)
        if (worker->runs[i].grant == NULL)
            return &worker->runs[i];
    return NULL;
}

/* Into the free slots; not once the worker is to end. */
static void fill_slots(struct jobd_worker *worker, struct jobd_grants *grants)
{
    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < grants->count && !worker->draining; i++) {
        struct jobd_run *run = free_slot(worker);
        if (run == NULL || is_in_hand(worker, grants->grants[i]->job->id))
            continue;
        put(run, grants->grants[i]);
        grants->grants[i] = NULL;
    }
    pthread_cond_broadcast(&worker->changed);
    pthread_cond_signal(&worker->to_beat);
    pthread_mutex_unlock(&worker->lock);
}

/* What found no slot goes back; where that fails, its lease runs out. */
static void give_back(struct jobd_worker *worker, const struct jobd_grants *grants, int delay)
{
    struct jobd_error error;
    for (size_t i = 0; i < grants->count; i++) {
        const struct jobd_grant *grant = grants->grants[i];
        if (grant != NULL &&
            !jobd_release(worker->claims, grant->job->id, grant->fence, delay, &error))
            worker_warn(worker, "the job %s could not be given back: %s", grant->job->id,
                        error.text);
    }
}

static bool is_draining(struct jobd_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool draining = worker->draining;
    pthread_mutex_unlock(&worker->lock);
    return draining;
}

static void take(struct jobd_worker *worker, struct jobd_grants *grants)
{
    fill_slots(worker, grants);
    if (is_draining(worker)) {
        client_set_deadline(worker->claims, worker_now() + RECOVERY);
        give_back(worker, grants, 0);
    } else {
        give_back(worker, grants, RETURN_DELAY);
    }
    jobd_grants_free(grants);
}

static void pause_for(struct claiming *claiming, const struct jobd_error *error)
{
    struct jobd_worker *worker = claiming->worker;
    int64_t longest = worker_longest_pause(worker);
    int64_t until = worker_now() + backoff_pause(&claiming->backoff, error, longest);
    pthread_mutex_lock(&worker->lock);
    for (int64_t left; !worker->draining && (left = until - worker_now()) > 0;)
        wait_for(&worker->changed, &worker->lock, left);
    pthread_mutex_unlock(&worker->lock);
}

static void give_up(struct jobd_worker *worker, const struct jobd_error *error)
{
    pthread_mutex_lock(&worker->lock);
    worker->draining = worker->failed = true;
    worker->error = *error;
    pthread_mutex_unlock(&worker->lock);
}

static void claim(struct claiming *claiming, int room)
{
    struct jobd_worker *worker = claiming->worker;
    struct jobd_grants *grants = NULL;
    struct jobd_error error;
    begin(claiming, room);
    if (ask(claiming, WAIT_SECONDS, &grants, &error)) {
        worker_on_reached(worker);
        claiming->backoff = (struct backoff){0};
        take(worker, grants);
    } else if (is_draining(worker)) {
        return; /* cut short */
    } else if (claiming->open) {
        worker_on_away(worker, &error);
        pause_for(claiming, &error);
    } else {
        give_up(worker, &error);
    }
}

/* A claim that was cut short, or whose answer was lost, may have been granted jobs. */
static void recover(struct claiming *claiming)
{
    struct jobd_worker *worker = claiming->worker;
    struct jobd_grants *grants = NULL;
    struct jobd_error error;
    client_set_deadline(worker->claims, worker_now() + RECOVERY);
    if (claiming->open && ask(claiming, 0, &grants, &error))
        take(worker, grants);
}

static void await_slots(struct jobd_worker *worker)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&worker->lock);
    for (int i = 0; i < worker->options.slots; i++)
        while (worker->runs[i].grant != NULL)
            pthread_cond_wait(&worker->changed, &worker->lock);
    worker->done = true;
    pthread_mutex_unlock(&worker->lock);
    if (write(worker->wake_fd, &one, sizeof(one)) < 0)
        return; /* it is full: then it wakes as well */
}

void *worker_claimer(void *context)
{
    struct claiming claiming = {.worker = context};
    int room;
    while ((room = await_room(claiming.worker)) > 0)
        claim(&claiming, room);
    recover(&claiming);
    await_slots(claiming.worker);
    return NULL;
}
