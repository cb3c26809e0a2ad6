/* What a worker's threads share: its slots, and how far its stopping has come. */
#ifndef JOBD_CLIENT_WORKER_H
#define JOBD_CLIENT_WORKER_H

#include "base/arena.h"
#include "base/clock.h"
#include "client/backoff.h"
#include "client/client.h"
#include "client/outbox.h"
#include "jobd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECOND INT64_C(1000000000)

/* The longest pause between two attempts to reach the server; less with a short lease. */
#define WORKER_PAUSE_MAX (15 * SECOND)

/* How long may be spent at the end on finding out what was granted. */
#define RECOVERY (5 * SECOND)

/* How far somebody wants the worker to be. */
enum worker_level {
    WORKER_CLAIMS,
    WORKER_DRAINS, /* claims nothing more */
    WORKER_STOPS, /* and tells those that run to stop */
};

/* A slot, and the job it has in hand. */
struct jobd_run {
    struct jobd_worker *worker;
    pthread_t thread;
    struct jobd_client *client; /* its thread's */
    int stop_fd; /* an eventfd; readable once `stop` is not JOBD_STOP_NO */
    _Atomic int stop; /* enum jobd_stop; written under the lock */

    /* Under the worker's lock. */
    struct jobd_grant *grant; /* NULL: the slot is free; its thread frees it */
    uint64_t serial; /* how many jobs it had: tells this one from an earlier one */
    int64_t beat_at; /* the next heartbeat */
    bool ending; /* the function has returned: from now on the slot's thread tells by itself */
    bool telling; /* the teller is in the middle of telling */
    bool dirty; /* there is progress that is not told yet */
    int percent; /* the latest */
    char *message; /* the latest; NULL: none */
    int64_t tell_at; /* not told before */
    struct outbox outbox; /* of output; sent by the teller, and at the end by the slot */
    int64_t deadline; /* of reporting the end; INT64_MAX: none */
};

/*
 * Threads: the caller's waits for requests to stop; the claimer claims for free slots; the beater
 * sends heartbeats; the teller tells progress; and one a slot runs the caller's function, reports
 * the end, and claims the slot's next job with it. Each has a client, and thus a connection, of its
 * own. Nothing is called with the lock held.
 */
struct jobd_worker {
    struct arena arena; /* of the texts */
    struct jobd_worker_options options;
    struct jobd_client *claims, *beats, *tells;
    pthread_t claimer, beater, teller;
    int wake_fd; /* an eventfd: `level` has risen, or `done` is true */
    _Atomic int level; /* enum worker_level, as signal handlers set it */

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed; /* slots were filled, freed; stopping went on */
    pthread_cond_t to_beat, to_tell; /* the beater, the teller has something new to look at */
    struct jobd_run *runs; /* options.slots of them */
    bool draining, stopping;
    bool done; /* nothing is claimed any more, and every slot is free */
    bool closing; /* all threads end */
    bool away; /* the server does not answer, and that was said */
    bool failed; /* claiming makes no sense */
    struct jobd_error error; /* then why */
};

static inline int64_t worker_now(void)
{
    return clock_mono_ns(&clock_system);
}

/* The main functions of the threads. */
void *worker_claimer(void *worker);
void *worker_beater(void *worker);
void *worker_teller(void *worker);
void *worker_slot(void *run);

/* Says a sentence to whoever listens. */
void worker_warn(struct jobd_worker *worker, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* That the server did not answer is said once, until it was reached again; and not once the worker
 * is to stop: nobody waits for the server then. */
void worker_on_away(struct jobd_worker *worker, const struct jobd_error *error);
void worker_on_reached(struct jobd_worker *worker);

/* Whether nothing more is to be claimed. */
bool worker_is_draining(struct jobd_worker *worker);

/* The server is away: sleeps before it is asked once more, but not once the worker drains. */
void worker_pause(struct jobd_worker *worker, struct backoff *backoff,
                  const struct jobd_error *error);

/* A claim as this worker makes them, of one job and without waiting; the id is borrowed. */
struct jobd_claim worker_claim_under(const struct jobd_worker *worker, const char *request_id);

/* The longest pause of this worker: it must be back well within a lease. */
int64_t worker_longest_pause(const struct jobd_worker *worker);

/* A third of the lease. */
int64_t worker_beat_interval(const struct jobd_worker *worker);

/*
 * Under the lock: puts a job into a free slot, which then owns it; to be told by `changed`. A lease
 * that is `stale`, which is to say may have run for a while, is extended at once. False when the
 * worker takes no more, or another slot still has this job in hand.
 */
bool run_fill(struct jobd_run *run, struct jobd_grant *grant, bool stale);

/*
 * Gives back, by `client`, what is left in the list, and frees it: at once when the worker is to
 * end, otherwise, for it still has those jobs in hand, for later. At the end the client has a
 * deadline for it, which stays.
 */
void worker_give_back(struct jobd_worker *worker, struct jobd_client *client,
                      struct jobd_grants *grants);

/* Under the lock: whether the slot has a job that is still ours. */
bool run_is_held(const struct jobd_run *run);

/* Under the lock: raises the flag, unless it is up already. */
void run_stop(struct jobd_run *run, enum jobd_stop why);

/* Under the lock, once `ending` is set: the end is to be reported within five seconds from now. */
void run_hurry(struct jobd_run *run);

/* What a failed call says of our hold on its job; JOBD_STOP_NO: nothing. */
enum jobd_stop run_loss(const struct jobd_error *error);

/* Says that the job is not ours any more, and raises the flag if it still has it in hand. */
void run_lose(struct jobd_run *run, uint64_t serial, const struct jobd_error *error);

/*
 * Puts what is not told yet of the job's progress, and its fence, into `report`; from then on it
 * counts as told. `ret_message` is the caller's to free, after the report.
 */
void run_take_progress(struct jobd_run *run, struct jobd_report *report, char **ret_message);

/*
 * Sends a part of the job's output, if there is any, by `client`: the teller's while `telling` is
 * set, the slot's once `ending` is. OUTBOX_SENT too when there is none.
 */
enum outbox_outcome run_send_output(struct jobd_run *run, struct jobd_client *client,
                                    struct jobd_error *error);

#endif
