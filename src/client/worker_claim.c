/* The claimer: fills a worker's free slots by claims that wait, and lets no job go astray. */
#include "base/scope.h"
#include "base/uuid.h"
#include "base/wait.h"
#include "client/worker.h"
#include "model/claim.h"

#include <unistd.h>

#define WAIT_SECONDS 30

struct claiming {
    struct jobd_worker *worker;
    struct backoff backoff;
    char request_id[UUID_TEXT_SIZE];
    int max;
    bool open; /* a request was sent under this id whose answer did not come */
    bool stale; /* there was one before: what is granted may have been for a while */
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
    struct jobd_claim claim = worker_claim_under(worker, claiming->request_id);
    claim.max = claiming->max;
    claim.wait_seconds = wait_seconds;
    bool good = jobd_claim(worker->claims, &claim, ret_grants, error);
    claiming->stale = claiming->open;
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

static struct jobd_run *free_slot(struct jobd_worker *worker)
{
    for (int i = 0; i < worker->options.slots; i++)
        if (worker->runs[i].grant == NULL)
            return &worker->runs[i];
    return NULL;
}

/* Into the free slots; what finds none goes back, and where that fails, its lease runs out. */
static void take(const struct claiming *claiming, struct jobd_grants *grants)
{
    struct jobd_worker *worker = claiming->worker;
    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < grants->count; i++) {
        struct jobd_run *run = free_slot(worker);
        if (run != NULL && run_fill(run, grants->grants[i], claiming->stale))
            grants->grants[i] = NULL;
    }
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    worker_give_back(worker, worker->claims, grants);
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
        take(claiming, grants);
    } else if (worker_is_draining(worker)) {
        return; /* cut short */
    } else if (claiming->open) {
        worker_pause(worker, &claiming->backoff, &error);
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
        take(claiming, grants);
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
