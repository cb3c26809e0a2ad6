/* The state in memory: its lock, growing arrays, jobs with texts of their own. */
#include "store/memory/state.h"

#include "base/mem.h"

struct memory *memory_enter(struct store *store, struct store_call *call)
{
    struct memory *memory = (struct memory *)store;

    call->err.text[0] = '\0';
    pthread_mutex_lock(&memory->lock);
    return memory;
}

void memory_leave(struct memory *memory, struct store_call *call, enum problem problem)
{
    pthread_mutex_unlock(&memory->lock);
    call->problem = problem;
    call->done(call);
}

void memory_leave_telling(struct memory *memory, struct store_call *call, enum problem problem,
                          struct news *news)
{
    pthread_mutex_unlock(&memory->lock);
    if (problem == PROBLEM_NONE)
        observed_tell(&memory->observed, news, lease_clock_now(&memory->lease_clock));
    news_release(news);
    call->problem = problem;
    call->done(call);
}

enum problem memory_none(struct store_call *call)
{
    err_set(&call->err, "There is not enough memory.");
    return PROBLEM_NO_MEMORY;
}

char *memory_text(struct span text)
{
    char *copy = mem_alloc(text.len + 1, 1);

    if (copy != NULL && text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

bool memory_job_copy(struct arena *arena, const struct job *job, struct job *ret_job)
{
    *ret_job = *job;
    ret_job->name = arena_span(arena, job->name);
    ret_job->type = arena_span(arena, job->type);
    ret_job->message = arena_span(arena, job->message);
    return ret_job->name.ptr != NULL && ret_job->type.ptr != NULL && ret_job->message.ptr != NULL;
}

bool memory_held_copy(struct arena *arena, const struct memory_job *kept, struct job *ret_job,
                      struct lease *ret_lease)
{
    *ret_lease = kept->lease;
    ret_lease->worker = arena_span(arena, kept->lease.worker);
    return ret_lease->worker.ptr != NULL && memory_job_copy(arena, &kept->job, ret_job);
}

/* The name and the type stay: they never change. */
static void job_put(struct memory *memory, struct memory_job *kept, struct job *job, char *message)
{
    struct job put = *job;

    job->change = put.change = ++memory->change;
    put.name = kept->job.name;
    put.type = kept->job.type;
    put.message.ptr = message;
    mem_free(kept->message);
    kept->message = message;
    kept->job = put;
}

static void lease_put(struct memory_job *kept, const struct lease *lease, char *worker)
{
    mem_free(kept->worker);
    kept->worker = worker;
    kept->lease = *lease;
    kept->lease.worker.ptr = worker;
}

static bool note(struct memory *memory, const struct memory_job *kept, const struct hold *after,
                 bool job_changed, struct news *news)
{
    return news_of_job(news, &kept->job, after) &&
           (!job_changed || news_of_change(news, kept->job.position, memory->change + 1));
}

bool memory_job_replace(struct memory *memory, struct memory_job *kept, const struct hold *after,
                        bool job_changed, struct news *news)
{
    char *message = memory_text(after->job->message);
    char *worker = memory_text(after->lease->worker);

    if (message == NULL || worker == NULL || !note(memory, kept, after, job_changed, news)) {
        mem_free(message);
        mem_free(worker);
        return false;
    }
    if (job_changed)
        job_put(memory, kept, after->job, message);
    else
        mem_free(message);
    lease_put(kept, after->lease, worker);
    return true;
}

struct memory_job *memory_job_at(const struct memory *memory, int64_t position)
{
    size_t low = 0, high = memory->job_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memory->jobs[middle].job.position < position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == memory->job_count || memory->jobs[low].job.position != position)
        return NULL;
    return &memory->jobs[low];
}

struct memory_job *memory_job_of(const struct memory *memory, const struct uuid *id)
{
    struct memory_job *found;
    int64_t position;

    if (!uuid_position(id, &position))
        return NULL;
    found = memory_job_at(memory, position);
    return found != NULL && uuid_eq(&found->job.id, id) ? found : NULL;
}

void memory_job_release(struct memory_job *kept)
{
    mem_free(kept->name);
    mem_free(kept->type);
    mem_free(kept->folded);
    mem_free(kept->message);
    mem_free(kept->payload_text);
    mem_free(kept->worker);
    buf_release(&kept->output);
}
