/* The state of the store in memory, shared by the files of this directory only. */
#ifndef JOBD_STORE_MEMORY_STATE_H
#define JOBD_STORE_MEMORY_STATE_H

#include "store/lease_clock.h"
#include "store/news.h"
#include "store/store.h"

#include <pthread.h>

/* A job with texts of its own, to which the spans point. */
struct memory_job {
    struct job job;
    struct lease lease;
    struct span name_folded, payload;
    struct buf output; /* what is kept of it */
    int64_t output_size;
    char *name, *type, *folded, *message, *payload_text, *worker;
};

/* The first answer to an idempotent create: `count` jobs from `first` on in the array of jobs. */
struct memory_key {
    struct uuid account;
    char *text;
    size_t len;
    uint8_t digest[32];
    size_t first, count;
    int64_t first_change;
    int64_t created_on;
};

/* A job that a claim with a request id was granted. */
struct memory_request {
    struct uuid account;
    char *text;
    size_t len;
    int64_t position, fence;
    int64_t granted_at; /* lease clock */
};

struct memory {
    struct store store;
    struct lease_clock lease_clock;
    struct observed observed;
    pthread_mutex_t lock; /* over everything below */
    struct memory_job *jobs; /* they only ever come to the end, so it is sorted by position */
    size_t job_count, job_capacity;
    int64_t change; /* the last one given */
    struct memory_key *keys;
    size_t key_count, key_capacity;
    struct memory_request *requests;
    size_t request_count, request_capacity;
    struct account *accounts; /* sorted by name */
    size_t account_count, account_capacity;
    int64_t accounts_version;
    struct session *sessions; /* in no order */
    size_t session_count, session_capacity;
};

/* Every operation starts by taking the lock and ends by giving it back and answering. */
struct memory *memory_enter(struct store *store, struct store_call *call);
void memory_leave(struct memory *memory, struct store_call *call, enum problem problem);

/* The same for operations with something to tell: after giving back the lock, before answering. */
void memory_leave_telling(struct memory *memory, struct store_call *call, enum problem problem,
                          struct news *news);

/* For `return memory_none(call)` where an allocation failed. */
enum problem memory_none(struct store_call *call);

/* A copy for mem_free; NULL without memory. */
char *memory_text(struct span text);

/* A job for the caller, its texts in `arena`; false without memory. */
bool memory_job_copy(struct arena *arena, const struct job *job, struct job *ret_job);

/* Likewise, with its lease. */
bool memory_held_copy(struct arena *arena, const struct memory_job *kept, struct job *ret_job,
                      struct lease *ret_lease);

/*
 * Puts a changed job and lease in the place of the old ones, the job under the next change number
 * (set in it) if it changed, and notes the news. False, and all as before, without memory.
 */
bool memory_job_replace(struct memory *memory, struct memory_job *kept, const struct hold *after,
                        bool job_changed, struct news *news);

/* NULL when there is none. */
struct memory_job *memory_job_at(const struct memory *memory, int64_t position);
struct memory_job *memory_job_of(const struct memory *memory, const struct uuid *id);

void memory_job_release(struct memory_job *kept);

/* Grants what the claim asks for, and notes the news. */
enum problem memory_claim_locked(struct memory *memory, struct store_claim *claim,
                                 struct news *news);

/* The operations that have files of their own. */
void memory_find(struct store *store, struct store_find *find);
void memory_changes(struct store *store, struct store_changes *changes);
void memory_create(struct store *store, struct store_create *create);
void memory_update(struct store *store, struct store_update *update);
void memory_append(struct store *store, struct store_append *append);
void memory_output(struct store *store, struct store_output *output);
void memory_claim(struct store *store, struct store_claim *claim);
void memory_reap(struct store *store, struct store_reap *reap);
void memory_summary(struct store *store, struct store_summary *summary);
void memory_statistics(struct store *store, struct store_statistics *operation);
void memory_stalled(struct store *store, struct store_stalled *stalled);
void memory_accounts(struct store *store, struct store_accounts *accounts);
void memory_account(struct store *store, struct store_account *action);
void memory_session_get(struct store *store, struct store_session_get *get);
void memory_sessions(struct store *store, struct store_sessions *sessions);
void memory_session(struct store *store, struct store_session *session);

/* Deletes sessions that are over, at most reap->limit less `done`; when the next one is, by the
 * lease clock (INT64_MAX: there is none). */
int64_t memory_reap_sessions(struct memory *memory, struct store_reap *reap, size_t done,
                             struct moment now);

#endif
