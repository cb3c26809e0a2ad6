/* News: what a transaction has to tell the observers, gathered before and told after its commit. */
#ifndef JOBD_STORE_NEWS_H
#define JOBD_STORE_NEWS_H

#include "base/arena.h"
#include "model/hold.h"
#include "store/store.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Jobs of one type in a row that may be claimed now. */
struct news_ready {
    struct span type;
    size_t count;
    struct news_ready *next;
};

/* A job that was written. */
struct news_change {
    int64_t position, change;
    struct news_change *next;
};

/* One thread at a time. */
struct news {
    struct arena arena;
    struct news_ready *first, *last; /* in the order they became ready */
    struct news_change *changes; /* the last one first */
    int64_t due_at; /* lease clock: the earliest; INT64_MAX: nothing */
};

void news_init(struct news *news);
void news_release(struct news *news);

/* Forgets what was gathered. */
void news_clear(struct news *news);

/*
 * Notes what is new when a job becomes `after`: that it may be claimed, or when its lease or its
 * delay will be over. `before` is NULL for a new job and for one whose delay is over. False without
 * memory, for a job nobody hears of would not be claimed.
 */
bool news_of_job(struct news *news, const struct job *before, const struct hold *after);

/* Notes that the job at a position was written under a change number; 0: its output has grown.
 * False without memory. */
bool news_of_change(struct news *news, int64_t position, int64_t change);

/* Each alone: jobs of a type that may be claimed, and when something is due by the lease clock. */
bool news_of_ready(struct news *news, struct span type, size_t count);
void news_of_due(struct news *news, int64_t at);

/* Who is told, and when the reaper was last told to come again. */
struct observed {
    pthread_mutex_t lock; /* of what follows, also while the observers are told */
    struct store_observer *first;
    int64_t next_at; /* lease clock; INT64_MAX: not yet, or it is at work right now */
};

void observed_init(struct observed *observed);
void observed_release(struct observed *observed);
void observed_add(struct observed *observed, struct store_observer *observer);
void observed_remove(struct observed *observed, struct store_observer *observer);

/* Tells that anything may have happened unheard. */
void observed_tell_missed(struct observed *observed);

/* Tells and forgets. After the commit, without any lock of the store held. */
void observed_tell(struct observed *observed, struct news *news, struct moment now);

/*
 * Around the look of a reaper at what is due: whatever is committed after the beginning is either
 * seen by that look or counts at its end. Fills reap->next_ms; `next_at` is what was seen.
 */
void observed_reap_begins(struct observed *observed);
void observed_reap_ends(struct observed *observed, struct store_reap *reap, int64_t next_at,
                        struct moment now);

/* Whether nothing but a claim of its type is missing: a delay must have been taken away. */
bool job_is_ready(const struct job *job);

/* Whether a delay keeps the job from being claimed. */
bool job_is_delayed(const struct job *job);

/* When a delay is over by the lease clock as both clocks go now. */
int64_t job_ready_at(const struct job *job, struct moment now);

#endif
