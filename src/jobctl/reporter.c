/* The thread that tells the server of a wrapped command; nobody ever waits for it by mistake. */
#include "jobctl/reporter.h"

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "client/bodies.h"
#include "client/client.h"
#include "jobctl/delivery.h"
#include "jobctl/reporter_state.h"

void reporter_change(struct reporter *reporter)
{
    reporter->changes++;
    pthread_cond_signal(&reporter->changed);
}

static void bound_calls(struct reporter *reporter)
{
    int64_t until = reporter->deadline;
    if (reporter->output_until < until)
        until = reporter->output_until;
    if (reporter->client != NULL)
        client_set_deadline(reporter->client, until);
}

void reporter_set_deadline(struct reporter *reporter, int64_t deadline)
{
    reporter->deadline = deadline;
    bound_calls(reporter);
    reporter_change(reporter);
}

void reporter_set_output_until(struct reporter *reporter, int64_t until)
{
    reporter->output_until = until;
    bound_calls(reporter);
}

void reporter_set_away(struct reporter *reporter, bool away)
{
    reporter->away = away;
    if (away && reporter->ended && reporter->deadline > monotonic() + PATIENCE_AWAY)
        reporter_set_deadline(reporter, monotonic() + PATIENCE_AWAY);
}

struct reporter *reporter_new(const struct call *call, const struct jobd_create *create)
{
    struct reporter *reporter = mem_alloc(1, sizeof(*reporter));
    if (reporter == NULL)
        return NULL;
    struct uuid key = uuid_random();
    uuid_format(&key, reporter->key);
    reporter->call = call;
    reporter->create = create;
    reporter->deadline = reporter->output_until = NEVER;
    reporter->progress.percent = JOBD_NO_PROGRESS;
    reporter->body = (struct buf)BUF(BODY_CEILING);
    reporter->outbox = (struct outbox)OUTBOX();
    pthread_mutex_init(&reporter->lock, NULL);
    wait_init(&reporter->changed);
    return reporter;
}

void reporter_start(struct reporter *reporter, int wake_fd)
{
    struct err err;
    reporter->wake_fd = wake_fd;
    reporter->started = thread_start(&reporter->thread, delivery_main, reporter, &err);
    if (reporter->started)
        return;
    complain(reporter->call, 0, "no job is made: %s", err.text);
    reporter->done = true;
}

/* A number without a message leaves the last message, and the other way round. */
void reporter_progress(struct reporter *reporter, const struct progress *progress)
{
    pthread_mutex_lock(&reporter->lock);
    if (progress->percent != JOBD_NO_PROGRESS)
        reporter->progress.percent = progress->percent;
    if (progress->has_message) {
        reporter->progress.has_message = true;
        memcpy(reporter->progress.message, progress->message, sizeof(progress->message));
    }
    if (!reporter->dirty)
        reporter_change(reporter);
    reporter->dirty = true;
    pthread_mutex_unlock(&reporter->lock);
}

void reporter_output(struct reporter *reporter, struct span bytes)
{
    pthread_mutex_lock(&reporter->lock);
    if (!outbox_is_waiting(&reporter->outbox))
        reporter_change(reporter);
    outbox_add(&reporter->outbox, bytes.ptr, bytes.len);
    pthread_mutex_unlock(&reporter->lock);
}

void reporter_end(struct reporter *reporter, const struct ending *ending)
{
    pthread_mutex_lock(&reporter->lock);
    reporter->ended = true;
    reporter->ending = *ending;
    if (reporter->output_until != NEVER)
        reporter->output_until = monotonic() + PATIENCE_AWAY;
    reporter_set_deadline(reporter, monotonic() + (reporter->away ? PATIENCE_AWAY : PATIENCE));
    pthread_mutex_unlock(&reporter->lock);
}

void reporter_hurry(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    reporter_set_deadline(reporter, monotonic());
    pthread_mutex_unlock(&reporter->lock);
}

bool reporter_is_done(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    bool done = reporter->done;
    pthread_mutex_unlock(&reporter->lock);
    return done;
}

const char *reporter_job(const struct reporter *reporter)
{
    return reporter->job != NULL ? reporter->job->json : NULL;
}

void reporter_free(struct reporter *reporter)
{
    if (reporter == NULL)
        return;
    if (reporter->started)
        pthread_join(reporter->thread, NULL);
    pthread_cond_destroy(&reporter->changed);
    pthread_mutex_destroy(&reporter->lock);
    jobd_job_free(reporter->job);
    jobd_close(reporter->client);
    buf_release(&reporter->body);
    outbox_release(&reporter->outbox);
    mem_free(reporter);
}
