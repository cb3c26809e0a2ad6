/* News: gathered in a list, told under a lock so that a former observer hears nothing more. */
#include "store/news.h"

#include <limits.h>

#define NEWS_BYTES_MAX ((size_t)1 << 30)
#define NEXT_MS_MAX 60000

bool job_is_ready(const struct job *job)
{
    return job->status == STATUS_WAITING && !job->self_managed && job->run_after == JOB_NO_TIME;
}

bool job_is_delayed(const struct job *job)
{
    return job->status == STATUS_WAITING && !job->self_managed && job->run_after != JOB_NO_TIME;
}

int64_t job_ready_at(const struct job *job, struct moment now)
{
    return now.lease + (job->run_after - now.wall);
}

void news_init(struct news *news)
{
    *news = (struct news){.due_at = INT64_MAX};
    arena_init(&news->arena, NEWS_BYTES_MAX);
}

void news_release(struct news *news)
{
    arena_release(&news->arena);
}

void news_clear(struct news *news)
{
    if (news->first != NULL || news->changes != NULL)
        arena_clear(&news->arena);
    news->first = news->last = NULL;
    news->changes = NULL;
    news->due_at = INT64_MAX;
}

bool news_of_ready(struct news *news, struct span type, size_t count)
{
    struct news_ready *ready;

    if (news->last != NULL && span_eq(news->last->type, type)) {
        news->last->count += count;
        return true;
    }
    ready = ARENA_NEW(&news->arena, struct news_ready);
    if (ready == NULL)
        return false;
    *ready = (struct news_ready){.type = arena_span(&news->arena, type), .count = count};
    if (ready->type.ptr == NULL)
        return false;
    if (news->last != NULL)
        news->last->next = ready;
    else
        news->first = ready;
    news->last = ready;
    return true;
}

void news_of_due(struct news *news, int64_t at)
{
    if (at < news->due_at)
        news->due_at = at;
}

bool news_of_job(struct news *news, const struct job *before, const struct hold *after)
{
    if (after->lease->held)
        news_of_due(news, after->lease->expires_at);
    if (job_is_delayed(after->job))
        news_of_due(news, job_ready_at(after->job, after->now));
    if (!job_is_ready(after->job) || (before != NULL && job_is_ready(before)))
        return true;
    return news_of_ready(news, after->job->type, 1);
}

bool news_of_change(struct news *news, int64_t position, int64_t change)
{
    struct news_change *noted = ARENA_NEW(&news->arena, struct news_change);

    if (noted == NULL)
        return false;
    *noted = (struct news_change){position, change, news->changes};
    news->changes = noted;
    return true;
}

/* An observer may ask the store something that it answers at once, and so comes back here. */
void observed_init(struct observed *observed)
{
    pthread_mutexattr_t recursive;

    *observed = (struct observed){.next_at = INT64_MAX};
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&observed->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

void observed_release(struct observed *observed)
{
    pthread_mutex_destroy(&observed->lock);
}

void observed_add(struct observed *observed, struct store_observer *observer)
{
    pthread_mutex_lock(&observed->lock);
    observer->next = observed->first;
    observed->first = observer;
    pthread_mutex_unlock(&observed->lock);
}

void observed_remove(struct observed *observed, struct store_observer *observer)
{
    pthread_mutex_lock(&observed->lock);
    for (struct store_observer **at = &observed->first; *at != NULL; at = &(*at)->next) {
        if (*at != observer)
            continue;
        *at = observer->next;
        break;
    }
    pthread_mutex_unlock(&observed->lock);
}

static void tell_ready(const struct store_observer *observer, const struct news *news)
{
    if (observer->ready == NULL)
        return;
    for (const struct news_ready *ready = news->first; ready != NULL; ready = ready->next) {
        for (size_t i = 0; i < ready->count; i++)
            observer->ready(observer->context, ready->type);
    }
}

static void tell_changes(const struct store_observer *observer, const struct news *news)
{
    if (observer->changed == NULL)
        return;
    for (const struct news_change *at = news->changes; at != NULL; at = at->next)
        observer->changed(observer->context, at->position, at->change);
}

/* In how many milliseconds to come again for what is due at a time by the lease clock. */
static int64_t come_in_ms(int64_t at, struct moment now)
{
    if (at <= now.lease)
        return 0;
    return at - now.lease < NEXT_MS_MAX ? at - now.lease : NEXT_MS_MAX;
}

static void tell_due(const struct store_observer *observer, int64_t at, struct moment now)
{
    if (observer->due != NULL)
        observer->due(observer->context, come_in_ms(at, now));
}

void observed_tell_missed(struct observed *observed)
{
    pthread_mutex_lock(&observed->lock);
    for (const struct store_observer *at = observed->first; at != NULL; at = at->next)
        if (at->missed != NULL)
            at->missed(at->context);
    pthread_mutex_unlock(&observed->lock);
}

void observed_tell(struct observed *observed, struct news *news, struct moment now)
{
    if (news->first == NULL && news->changes == NULL && news->due_at == INT64_MAX)
        return;
    pthread_mutex_lock(&observed->lock);
    bool sooner = news->due_at < observed->next_at;
    if (sooner)
        observed->next_at = news->due_at;
    for (const struct store_observer *at = observed->first; at != NULL; at = at->next) {
        tell_ready(at, news);
        tell_changes(at, news);
        if (sooner)
            tell_due(at, news->due_at, now);
    }
    pthread_mutex_unlock(&observed->lock);
    news_clear(news);
}

void observed_reap_begins(struct observed *observed)
{
    pthread_mutex_lock(&observed->lock);
    observed->next_at = INT64_MAX;
    pthread_mutex_unlock(&observed->lock);
}

void observed_reap_ends(struct observed *observed, struct store_reap *reap, int64_t next_at,
                        struct moment now)
{
    int64_t latest = now.lease + NEXT_MS_MAX;

    pthread_mutex_lock(&observed->lock);
    if (next_at < observed->next_at)
        observed->next_at = next_at;
    if (latest < observed->next_at)
        observed->next_at = latest;
    next_at = observed->next_at;
    pthread_mutex_unlock(&observed->lock);
    reap->next_ms = come_in_ms(next_at, now);
}
