/* The writer's queue and thread: sleeps, runs batches, and looks after the file in between. */
#include "store/sqlite/writer.h"

#include "base/metrics.h"
#include "store/sqlite/batch.h"
#include "store/sqlite/index.h"
#include "store/sqlite/state.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* What gather waits for at most. */
#define GATHER_CALLS 64
#define GATHER_STEP_NS (INT64_C(200) * 1000)
#define GATHER_NS (INT64_C(2) * 1000 * 1000)

static void list_add(struct call_list *list, struct store_call *call)
{
    call->next = NULL;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
    list->count++;
}

void writer_submit(struct writer *writer, struct store_call *call, enum write_operation operation)
{
    bool wake;

    call->operation = (int)operation;
    call->err.text[0] = '\0';
    metric_add(METRIC_STORE_QUEUE, 1);
    pthread_mutex_lock(&writer->lock);
    list_add(&writer->queue, call);
    wake = writer->queue.count == writer->wake_at;
    atomic_store_explicit(&writer->busy, true, memory_order_relaxed);
    pthread_mutex_unlock(&writer->lock);
    if (wake)
        pthread_cond_signal(&writer->more);
}

void writer_probe(struct writer *writer, struct store_probe *probe)
{
    if (atomic_load(&writer->failed)) {
        writer_submit(writer, &probe->call, WRITE_PROBE);
        return;
    }
    probe->call.problem = PROBLEM_NONE;
    probe->call.err.text[0] = '\0';
    probe->call.done(&probe->call);
}

/* Moves the whole queue over, when all that was taken before is done. */
static void take_queue(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->taken = writer->queue;
    writer->queue = (struct call_list){0};
    atomic_store_explicit(&writer->busy, false, memory_order_relaxed);
    pthread_mutex_unlock(&writer->lock);
}

struct store_call *writer_next(struct writer *writer)
{
    struct store_call *call;

    if (writer->taken.first == NULL)
        take_queue(writer);
    call = writer->taken.first;
    if (call == NULL)
        return NULL;
    writer->taken.first = call->next;
    if (call->next == NULL)
        writer->taken.last = NULL;
    writer->taken.count--;
    call->next = NULL;
    return call;
}

size_t writer_waiting(struct writer *writer)
{
    size_t count;

    pthread_mutex_lock(&writer->lock);
    count = writer->taken.count + writer->queue.count;
    pthread_mutex_unlock(&writer->lock);
    return count;
}

/* Waits on the condition; for at most `ns` when not negative. False when the time is over. */
static bool wait_for(struct writer *writer, int64_t ns)
{
    struct timespec until;
    int64_t at;

    if (ns < 0)
        return pthread_cond_wait(&writer->more, &writer->lock) == 0;
    at = clock_mono_ns(&clock_system) + ns;
    until.tv_sec = at / 1000000000;
    until.tv_nsec = at % 1000000000;
    return pthread_cond_timedwait(&writer->more, &writer->lock, &until) != ETIMEDOUT;
}

/* Waits until a call is there, indexing meanwhile; false when closing and all are answered. */
static bool wait_for_calls(struct writer *writer)
{
    bool quiet;

    if (writer->taken.first != NULL)
        return true;
    for (;;) {
        pthread_mutex_lock(&writer->lock);
        quiet = writer->queue.first == NULL && !writer->closing &&
                !wait_for(writer, index_delay(writer));
        if (writer->queue.first != NULL || writer->closing)
            break;
        pthread_mutex_unlock(&writer->lock);
        if (quiet)
            index_when_quiet(writer);
    }
    quiet = writer->queue.first == NULL;
    pthread_mutex_unlock(&writer->lock);
    return !quiet;
}

/*
 * Callers that were just answered tend to come back at once, and a commit costs the same for one as
 * for many. So the writer waits for as many as it knew of, as long as some keep coming, and never
 * long. A single caller is never kept waiting.
 */
static void gather(struct writer *writer)
{
    size_t target = writer->callers < GATHER_CALLS ? writer->callers : GATHER_CALLS;
    int64_t until = clock_mono_ns(&clock_system) + GATHER_NS;
    size_t before;

    pthread_mutex_lock(&writer->lock);
    writer->wake_at = target;
    while (writer->queue.count < target && !writer->closing) {
        before = writer->queue.count;
        wait_for(writer, GATHER_STEP_NS);
        if (writer->queue.count == before || clock_mono_ns(&clock_system) >= until)
            break;
    }
    writer->wake_at = 1;
    pthread_mutex_unlock(&writer->lock);
}

static void *run(void *argument)
{
    struct writer *writer = argument;

    while (wait_for_calls(writer)) {
        if (writer->taken.first == NULL)
            gather(writer);
        batch_run(writer);
        index_keep_up(writer);
        if (writer->background)
            checkpoint_after_commit(&writer->store->checkpointer);
    }
    return NULL;
}

/* Signals are for the program's own threads. */
static int start_thread(struct writer *writer)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&writer->thread, NULL, run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

bool writer_start(struct writer *writer, struct sqlite_store *store,
                  struct sqlite_reader *connection, bool background, struct err *err)
{
    pthread_condattr_t monotonic;
    int error;

    *writer = (struct writer){
        .store = store,
        .connection = connection,
        .clock = store->store.clock,
        .background = background,
        .wake_at = 1,
    };
    news_init(&writer->news);
    if (!batch_load_counters(writer) || !index_load(writer)) {
        sqlite_problem(connection->db, err);
        return false;
    }
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->more, &monotonic);
    pthread_condattr_destroy(&monotonic);
    error = start_thread(writer);
    return error == 0 || err_set(err, "The writer's thread cannot start: %s.", strerror(error));
}

void writer_stop(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_signal(&writer->more);
    pthread_join(writer->thread, NULL);
    news_release(&writer->news);
    pthread_cond_destroy(&writer->more);
    pthread_mutex_destroy(&writer->lock);
}
