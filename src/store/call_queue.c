/* The queue of a writer: moved over as a whole, and gathered before a commit. */
#include "store/call_queue.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "base/wait.h"

/* What gather waits for at most. */
#define GATHER_CALLS 64
#define GATHER_STEP_NS (INT64_C(200) * 1000)
#define GATHER_NS (INT64_C(2) * 1000 * 1000)

void call_list_add(struct call_list *list, struct store_call *call)
{
    call->next = NULL;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
    list->count++;
}

void call_list_answer(struct call_list *list)
{
    struct store_call *call = list->first;

    *list = (struct call_list){0};
    while (call != NULL) {
        struct store_call *next = call->next;
        call->done(call);
        call = next;
    }
}

void call_queue_init(struct call_queue *queue)
{
    *queue = (struct call_queue){.wake_at = 1, .groups = 1};
    pthread_mutex_init(&queue->lock, NULL);
    wait_init(&queue->more);
}

void call_queue_release(struct call_queue *queue)
{
    pthread_cond_destroy(&queue->more);
    pthread_mutex_destroy(&queue->lock);
}

void call_queue_add(struct call_queue *queue, struct store_call *call,
                    enum write_operation operation)
{
    bool wake;

    call->operation = (int)operation;
    call->err.text[0] = '\0';
    metric_add(METRIC_STORE_QUEUE, 1);
    pthread_mutex_lock(&queue->lock);
    call_list_add(&queue->waiting, call);
    wake = queue->waiting.count == queue->wake_at;
    atomic_store_explicit(&queue->busy, true, memory_order_relaxed);
    pthread_mutex_unlock(&queue->lock);
    if (wake)
        pthread_cond_signal(&queue->more);
}

void call_queue_probe(struct call_queue *queue, struct store_probe *probe, bool failed)
{
    if (failed) {
        call_queue_add(queue, &probe->call, WRITE_PROBE);
        return;
    }
    probe->call.problem = PROBLEM_NONE;
    probe->call.err.text[0] = '\0';
    probe->call.done(&probe->call);
}

void call_queue_close(struct call_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closing = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_signal(&queue->more);
}

/* Moves all that waits over, when all that was taken before is done. */
static void take(struct call_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->taken = queue->waiting;
    queue->waiting = (struct call_list){0};
    atomic_store_explicit(&queue->busy, false, memory_order_relaxed);
    pthread_mutex_unlock(&queue->lock);
}

struct store_call *call_queue_next(struct call_queue *queue)
{
    struct store_call *call;

    if (queue->taken.first == NULL)
        take(queue);
    call = queue->taken.first;
    if (call == NULL)
        return NULL;
    queue->taken.first = call->next;
    if (call->next == NULL)
        queue->taken.last = NULL;
    queue->taken.count--;
    call->next = NULL;
    return call;
}

/*
 * Some callers may be on their way while others are answered, so one look does not see all. Who
 * stays away is forgotten by and by, a single one at once, and all where gather found one alone.
 */
void call_queue_served(struct call_queue *queue, size_t count)
{
    size_t callers = queue->callers, known = callers > 0 ? callers - 1 - callers / 8 : 0, seen;

    metric_add(METRIC_STORE_QUEUE, -(int64_t)count);
    pthread_mutex_lock(&queue->lock);
    seen = count + queue->taken.count + queue->waiting.count;
    pthread_mutex_unlock(&queue->lock);
    queue->callers = seen > known ? seen : known;
}

/* Old values fade within some transactions. */
static void learn(int64_t *ns, int64_t took)
{
    *ns += (took - *ns) / 8;
}

/*
 * Callers who all wait for one transaction leave the writer with nothing to do while they make
 * their next calls. In two groups they take turns, and each pays a commit of its own: worth it
 * where the calls of a group take longer than a commit.
 */
void call_queue_learn(struct call_queue *queue, int64_t call_ns, int64_t commit_ns)
{
    learn(&queue->call_ns, call_ns);
    learn(&queue->commit_ns, commit_ns);
    queue->groups = (int64_t)(queue->callers / 2) * queue->call_ns > queue->commit_ns ? 2 : 1;
}

static size_t group_size(const struct call_queue *queue)
{
    return (queue->callers + queue->groups - 1) / queue->groups;
}

bool call_queue_full(const struct call_queue *queue, size_t count)
{
    return queue->groups > 1 && count >= group_size(queue);
}

/*
 * Callers that were just answered tend to come back at once, and a commit costs the same for one as
 * for many. So the writer waits for a group of those it knew of, as long as some keep coming, and
 * never long. Whom nobody joins in a whole step is alone, so a single caller is kept waiting once.
 */
static void gather_locked(struct call_queue *queue)
{
    int64_t until = clock_mono_ns(&clock_system) + GATHER_NS;
    size_t target = group_size(queue), before;

    target = target < GATHER_CALLS ? target : GATHER_CALLS;
    queue->wake_at = target;
    while (queue->waiting.count < target && !queue->closing) {
        before = queue->waiting.count;
        wait_for(&queue->more, &queue->lock, GATHER_STEP_NS);
        if (queue->waiting.count == before && before == 1)
            queue->callers = 1;
        if (queue->waiting.count == before || clock_mono_ns(&clock_system) >= until)
            break;
    }
    queue->wake_at = 1;
}

static bool is_quiet(const struct call_queue *queue)
{
    return queue->waiting.first == NULL && !queue->closing;
}

static void sleep_locked(struct call_queue *queue, int64_t ns)
{
    int64_t until = clock_mono_ns(&clock_system) + ns, left = ns;

    while (is_quiet(queue) && left > 0) {
        wait_for(&queue->more, &queue->lock, left);
        left = until - clock_mono_ns(&clock_system);
    }
}

enum call_wait call_queue_wait(struct call_queue *queue, int64_t ns)
{
    enum call_wait found = CALL_WAIT_THERE;

    if (queue->taken.first != NULL)
        return CALL_WAIT_THERE;
    pthread_mutex_lock(&queue->lock);
    if (ns >= 0)
        sleep_locked(queue, ns);
    while (ns < 0 && is_quiet(queue))
        pthread_cond_wait(&queue->more, &queue->lock);
    if (queue->waiting.first != NULL)
        gather_locked(queue);
    else
        found = queue->closing ? CALL_WAIT_CLOSED : CALL_WAIT_OVER;
    pthread_mutex_unlock(&queue->lock);
    return found;
}
