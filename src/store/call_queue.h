/* The queue of a writer: calls put in by any thread, taken out by the one that writes. */
#ifndef JOBD_STORE_CALL_QUEUE_H
#define JOBD_STORE_CALL_QUEUE_H

#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a queued call is; kept in store_call.operation. */
enum write_operation {
    WRITE_CREATE, /* struct store_create */
    WRITE_UPDATE, /* struct store_update */
    WRITE_ACCOUNT, /* struct store_account */
    WRITE_APPEND, /* struct store_append */
    WRITE_CLAIM, /* struct store_claim */
    WRITE_REAP, /* struct store_reap */
    WRITE_SESSION, /* struct store_session */
    WRITE_IMPORT, /* struct store_import */
    WRITE_PROBE, /* struct store_probe: writes something that means nothing */
};

/* Calls in a row, linked by `next`. */
struct call_list {
    struct store_call *first, *last;
    size_t count;
};

void call_list_add(struct call_list *list, struct store_call *call);

/* Calls done on each, which is its owner's again then and may be gone. The list is empty then. */
void call_list_answer(struct call_list *list);

struct call_queue {
    pthread_mutex_t lock; /* of what follows, up to the blank line */
    pthread_cond_t more;
    struct call_list waiting;
    size_t wake_at; /* this many that wait wake the taker */
    bool closing;

    _Atomic bool busy; /* calls are waiting: a hint to stop what can wait */
    /* The taker's own. */
    struct call_list taken; /* out of `waiting`, not yet handed out */
    size_t callers; /* who called of late, and so will again */
    size_t groups; /* in which callers take turns; 1: all share a transaction */
    int64_t call_ns, commit_ns; /* what each takes, of late */
};

void call_queue_init(struct call_queue *queue);
void call_queue_release(struct call_queue *queue);

/* Queues a call; any thread. */
void call_queue_add(struct call_queue *queue, struct store_call *call,
                    enum write_operation operation);

/* Answers a probe at once, but when the last write `failed`: then it is queued. Any thread. */
void call_queue_probe(struct call_queue *queue, struct store_probe *probe, bool failed);

/* No more will come: the taker takes what is there and ends. Any thread. */
void call_queue_close(struct call_queue *queue);

/* The rest is for the taker alone. */

/*
 * Waits for a call, for `ns` at most unless that is negative, and then for those that are likely to
 * follow.
 */
enum call_wait {
    CALL_WAIT_THERE, /* call_queue_next has one */
    CALL_WAIT_OVER, /* the time is over */
    CALL_WAIT_CLOSED, /* there is none and none will come */
};
enum call_wait call_queue_wait(struct call_queue *queue, int64_t ns);

/* Takes the next call, or NULL. What comes while a transaction runs is taken as well. */
struct store_call *call_queue_next(struct call_queue *queue);

/* To be told of each transaction that is about to be answered: its calls tend to come back. */
void call_queue_served(struct call_queue *queue, size_t count);

/*
 * To be told, after call_queue_served, what the transaction took for each call and for its commit,
 * by takers that end a transaction when call_queue_full says so. For others `groups` stays 1.
 */
void call_queue_learn(struct call_queue *queue, int64_t call_ns, int64_t commit_ns);

/* Whether a transaction of so many calls leaves the others to the next one. */
bool call_queue_full(const struct call_queue *queue, size_t count);

#endif
