/* The writes: what each call does inside the writer's transaction. */
#ifndef JOBD_STORE_SQLITE_WRITE_WRITE_H
#define JOBD_STORE_SQLITE_WRITE_WRITE_H

#include "store/sqlite/write/writer.h"

#include <stdbool.h>

/*
 * Each sets the call's problem and its outputs, which count once the transaction is committed.
 * True: the transaction may go on, for on a problem the call wrote nothing. False: it is spoilt,
 * and the call's problem says why. May run again after a rollback.
 */
bool write_create(struct writer *writer, struct store_create *create);
bool write_update(struct writer *writer, struct store_update *update);
bool write_account(struct writer *writer, struct store_account *account);
bool write_append(struct writer *writer, struct store_append *append);
bool write_claim(struct writer *writer, struct store_claim *claim);
bool write_reap(struct writer *writer, struct store_reap *reap);
bool write_session(struct writer *writer, struct store_session *session);
bool write_import(struct writer *writer, struct store_import *import);
bool write_probe(struct writer *writer, struct store_probe *probe);

/* The store's clock, never before 1970. */
int64_t write_now(const struct writer *writer);

/* Both clocks. */
struct moment write_moment(const struct writer *writer);

/* Steps a statement that yields no row and rewinds it; false with the call's problem set. */
bool write_step(struct writer *writer, sqlite3_stmt *statement, struct store_call *call);

/*
 * The numbers of a type or a person, new ones where there are none; false with the call's problem
 * set.
 */
bool write_type(struct writer *writer, struct span name, struct store_call *call, int64_t *ret_id);
bool write_person(struct writer *writer, const struct uuid *uuid, struct store_call *call,
                  int64_t *ret_id);

/* A job with its lease, all zero when it has none. */
struct write_loaded {
    struct job job;
    struct lease lease;
};

/* Reads both, texts in `arena`. JOB_NOT_FOUND, STORE_UNAVAILABLE, INTERNAL. */
enum problem write_load(struct writer *writer, const struct uuid *id, struct arena *arena,
                        struct write_loaded *ret_loaded, struct err *err);
enum problem write_load_at(struct writer *writer, int64_t position, struct arena *arena,
                           struct write_loaded *ret_loaded, struct err *err);

/*
 * Stores what became of a job and its lease: the job under the next change number (set in it) if it
 * changed, the lease if it differs; and notes what the observer is to hear. False with the call's
 * problem set.
 */
bool write_hold(struct writer *writer, const struct write_loaded *before, const struct hold *after,
                bool job_changed, struct store_call *call);

/* The parts of it: the lease at a position; the news (`before` NULL: as news_of_job says), and that
 * the job was written. */
bool write_lease(struct writer *writer, int64_t position, const struct lease *before,
                 const struct hold *after, struct store_call *call);
bool write_news(struct writer *writer, const struct job *before, const struct hold *after,
                struct store_call *call);
bool write_change(struct writer *writer, int64_t position, int64_t change, struct store_call *call);

/* Reads a job, its lease and, into the next grant of the claim, its payload. */
enum problem write_load_grant(struct writer *writer, struct store_claim *claim, int64_t position,
                              struct write_loaded *ret_loaded);

/* Adds the grant whose payload was read, as it is held now. */
void write_fill_grant(struct store_claim *claim, const struct hold *hold);

/*
 * Looks up the claim's request id. *ret_known false: it is new (or forgotten after its time). True:
 * the claim is answered by what is still held of the first time. False when the look-up failed,
 * with the call's problem set.
 */
bool write_claim_again(struct writer *writer, struct store_claim *claim, struct moment now,
                       bool *ret_known);

/* Keeps the request id with what was just granted, and throws out some that are too old. */
bool write_claim_request(struct writer *writer, struct store_claim *claim, struct moment now);

/*
 * Looks up create->key. *ret_known false: it is new (or forgotten after its time). True: the create
 * is answered, by the same jobs as the first time or IDEMPOTENCY_KEY_REUSED. False when the look-up
 * failed, with the call's problem set.
 */
bool write_replay(struct writer *writer, struct store_create *create, int64_t now, bool *ret_known);

/* Keeps the key with the jobs that were just created, and throws out some that are too old. */
bool write_key(struct writer *writer, struct store_create *create, int64_t now);

/* Deletes the session whose time was over first. False with the call's problem set. */
bool write_session_end(struct writer *writer, struct store_call *call);

#endif
