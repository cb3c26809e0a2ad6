/* Readers: whoever is free takes the next call. */
#include "store/postgres/readers.h"

#include "base/metrics.h"
#include "base/thread.h"
#include "store/postgres/find/session.h"
#include "store/postgres/reach.h"
#include "store/postgres/read.h"
#include "store/postgres/state.h"

static enum problem answer_with(struct pg_connection *connection, struct pg_store *store,
                                struct store_call *call)
{
    enum problem problem = PROBLEM_NONE;

    if (pg_is_broken(connection)) {
        pg_disconnect(connection);
        problem = reach_connect(store, connection, &call->err);
        if (problem == PROBLEM_NONE)
            problem = find_session(connection, &call->err);
    }
    if (problem == PROBLEM_NONE)
        problem = pg_read(connection, store, call);
    pg_clear(connection);
    if (problem == PROBLEM_STORE_UNAVAILABLE)
        pg_disconnect(connection);
    return problem;
}

/* A connection that was lost while nobody used it is no reason to fail. */
static void answer(struct pg_connection *connection, struct pg_store *store,
                   struct store_call *call)
{
    bool fresh = pg_is_broken(connection);
    enum problem problem = answer_with(connection, store, call);

    if (problem == PROBLEM_STORE_UNAVAILABLE && !fresh) {
        call->err.text[0] = '\0';
        problem = answer_with(connection, store, call);
    }
    metric_add(METRIC_STORE_READS, 1);
    call->problem = problem;
    call->done(call);
}

static void rest(struct reader *reader)
{
    struct readers *readers = reader->readers;

    reader->idle = true;
    reader->next_idle = readers->idle;
    readers->idle = reader;
    while (reader->idle && !readers->closing)
        pthread_cond_wait(&reader->wake, &readers->lock);
}

static struct store_call *next(struct reader *reader)
{
    struct readers *readers = reader->readers;
    struct store_call *call;

    pthread_mutex_lock(&readers->lock);
    while (readers->waiting.first == NULL && !readers->closing)
        rest(reader);
    call = readers->waiting.first;
    if (call != NULL) {
        readers->waiting.first = call->next;
        readers->waiting.count--;
        if (call->next == NULL)
            readers->waiting.last = NULL;
    }
    pthread_mutex_unlock(&readers->lock);
    return call;
}

static void *run(void *argument)
{
    struct reader *reader = argument;
    struct pg_connection connection = {0};
    struct store_call *call;

    while ((call = next(reader)) != NULL)
        answer(&connection, reader->readers->store, call);
    pg_disconnect(&connection);
    return NULL;
}

bool readers_start(struct readers *readers, struct pg_store *store, struct err *err)
{
    *readers = (struct readers){.store = store};
    pthread_mutex_init(&readers->lock, NULL);
    while (readers->count < READERS) {
        struct reader *reader = &readers->list[readers->count];
        reader->readers = readers;
        pthread_cond_init(&reader->wake, NULL);
        if (!thread_start(&reader->thread, run, reader, err)) {
            pthread_cond_destroy(&reader->wake);
            readers_stop(readers);
            return false;
        }
        readers->count++;
    }
    return true;
}

void readers_stop(struct readers *readers)
{
    pthread_mutex_lock(&readers->lock);
    readers->closing = true;
    for (size_t i = 0; i < readers->count; i++)
        pthread_cond_signal(&readers->list[i].wake);
    pthread_mutex_unlock(&readers->lock);
    for (size_t i = 0; i < readers->count; i++) {
        pthread_join(readers->list[i].thread, NULL);
        pthread_cond_destroy(&readers->list[i].wake);
    }
    pthread_mutex_destroy(&readers->lock);
}

/* The one that was busy last; those that are busy look for more by themselves. */
static void wake_one(struct readers *readers)
{
    struct reader *reader = readers->idle;

    if (reader == NULL)
        return;
    readers->idle = reader->next_idle;
    reader->idle = false;
    pthread_cond_signal(&reader->wake);
}

void readers_add(struct readers *readers, struct store_call *call, enum read_operation operation)
{
    call->operation = (int)operation;
    call->err.text[0] = '\0';
    pthread_mutex_lock(&readers->lock);
    call_list_add(&readers->waiting, call);
    wake_one(readers);
    pthread_mutex_unlock(&readers->lock);
}
