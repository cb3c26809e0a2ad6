/* Output in memory: what is kept of the stream, in one piece. */
#include "store/memory/state.h"

#define KEPT ((size_t)(OUTPUT_HEAD + OUTPUT_TAIL))

static enum problem check(const struct memory *memory, const struct store_append *append,
                          const struct memory_job *kept, struct err *err)
{
    struct job job = kept->job;
    struct lease lease = kept->lease;
    struct hold hold = {&job, &lease, lease_clock_now(&memory->lease_clock)};

    return append->check(append->context, &hold, err);
}

/* The head stays, and of what follows it the last bytes. */
static void drop_middle(struct buf *output)
{
    size_t more = output->len > KEPT ? output->len - KEPT : 0;

    if (more == 0)
        return;
    memmove(output->ptr + OUTPUT_HEAD, output->ptr + OUTPUT_HEAD + more, (size_t)OUTPUT_TAIL);
    output->len = KEPT;
}

static enum problem append_locked(struct memory *memory, struct store_append *append,
                                  struct news *news)
{
    struct memory_job *kept = memory_job_of(memory, &append->id);
    struct err *err = &append->call.err;
    struct span fresh = {0};
    enum problem problem;

    if (kept == NULL)
        return PROBLEM_JOB_NOT_FOUND;
    append->size = kept->output_size;
    problem = check(memory, append, kept, err);
    if (problem == PROBLEM_NONE)
        problem = output_fresh(append->size, append->offset, append->bytes, &fresh, err);
    if (problem != PROBLEM_NONE || fresh.len == 0)
        return problem;
    kept->output.ceiling = KEPT + OUTPUT_APPEND_MAX;
    if (buf_room(&kept->output, fresh.len) == NULL ||
        !news_of_change(news, kept->job.position, 0)) {
        kept->output.failed = false;
        return memory_none(&append->call);
    }
    buf_add_span(&kept->output, fresh);
    drop_middle(&kept->output);
    append->size = kept->output_size += (int64_t)fresh.len;
    return PROBLEM_NONE;
}

void memory_append(struct store *store, struct store_append *append)
{
    struct memory *memory = memory_enter(store, &append->call);
    struct news news;

    news_init(&news);
    memory_leave_telling(memory, &append->call, append_locked(memory, append, &news), &news);
}

/* Where a place of the stream lies in what is kept of it: from the front, or from the back. */
static struct span kept_range(const struct memory_job *kept, struct output_range range, bool tail)
{
    int64_t dropped = kept->output_size - (int64_t)kept->output.len;
    int64_t from = range.from - (tail ? dropped : 0);

    if (range.from == range.to)
        return (struct span){0};
    return (struct span){kept->output.ptr + from, (size_t)(range.to - range.from)};
}

static enum problem output_locked(const struct memory *memory, struct store_output *read)
{
    const struct memory_job *kept = memory_job_of(memory, &read->id);
    struct output_view view;
    struct span head, tail;
    char *bytes;

    if (kept == NULL)
        return PROBLEM_JOB_NOT_FOUND;
    view = output_view(kept->output_size, read->offset);
    head = kept_range(kept, view.head, false);
    tail = kept_range(kept, view.tail, true);
    bytes = arena_alloc(read->arena, head.len + tail.len + 1, 1);
    if (bytes == NULL)
        return memory_none(&read->call);
    if (head.len > 0)
        memcpy(bytes, head.ptr, head.len);
    if (tail.len > 0)
        memcpy(bytes + head.len, tail.ptr, tail.len);
    read->output = (struct output){
        .size = kept->output_size,
        .ended = status_is_over(kept->job.status),
        .bytes = {bytes, head.len + tail.len},
        .gap = head.len,
        .dropped = view.dropped,
    };
    return PROBLEM_NONE;
}

void memory_output(struct store *store, struct store_output *read)
{
    struct memory *memory = memory_enter(store, &read->call);

    memory_leave(memory, &read->call, output_locked(memory, read));
}
