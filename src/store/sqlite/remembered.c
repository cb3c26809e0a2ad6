/* Jobs remembered by their change numbers: a table without chains, texts beside each job. */
#include "store/sqlite/remembered.h"

/* Moves the texts of a job behind each other to `text`, which has room for them. */
static void move_texts(struct job *job, char *text)
{
    struct span *const spans[] = {&job->name, &job->type, &job->message};

    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (spans[i]->len > 0)
            memcpy(text, spans[i]->ptr, spans[i]->len);
        spans[i]->ptr = text;
        text += spans[i]->len;
    }
}

static size_t text_len(const struct job *job)
{
    return job->name.len + job->type.len + job->message.len;
}

void remembered_keep(struct remembered *remembered, const struct job *job)
{
    struct remembered_job *slot = &remembered->jobs[(uint64_t)job->change % REMEMBERED_JOBS];

    if (text_len(job) > REMEMBERED_TEXT)
        return;
    slot->job = *job;
    move_texts(&slot->job, slot->text);
}

bool remembered_find(const struct remembered *remembered, int64_t change, struct arena *arena,
                     struct job *ret_job)
{
    const struct job *kept = &remembered->jobs[(uint64_t)change % REMEMBERED_JOBS].job;
    char *text;

    if (kept->change != change || change == 0)
        return false;
    text = arena_alloc(arena, text_len(kept) + 1, 1);
    if (text == NULL)
        return false;
    *ret_job = *kept;
    move_texts(ret_job, text);
    return true;
}
