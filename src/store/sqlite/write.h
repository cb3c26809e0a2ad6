/* The writes: what each call does inside the writer's transaction. */
#ifndef JOBD_STORE_SQLITE_WRITE_H
#define JOBD_STORE_SQLITE_WRITE_H

#include "store/sqlite/writer.h"

#include <stdbool.h>

/*
 * Each sets the call's problem and its outputs, which count once the transaction is committed.
 * True: the transaction may go on, for on a problem the call wrote nothing. False: it is spoilt,
 * and the call's problem says why. May run again after a rollback.
 */
bool write_create(struct writer *writer, struct store_create *create);
bool write_update(struct writer *writer, struct store_update *update);
bool write_account(struct writer *writer, struct store_account *account);
bool write_probe(struct writer *writer, struct store_call *call);

/* The store's clock, never before 1970. */
int64_t write_now(const struct writer *writer);

/* Steps a statement that yields no row and rewinds it; false with the call's problem set. */
bool write_step(struct writer *writer, sqlite3_stmt *statement, struct store_call *call);

/*
 * The numbers of a type or a person, new ones where there are none; false with the call's problem
 * set.
 */
bool write_type(struct writer *writer, struct span name, struct store_call *call, int64_t *ret_id);
bool write_person(struct writer *writer, const struct uuid *uuid, struct store_call *call,
                  int64_t *ret_id);

/*
 * Looks up create->key. *ret_known false: it is new (or forgotten after its time). True: the create
 * is answered, by the same jobs as the first time or IDEMPOTENCY_KEY_REUSED. False when the look-up
 * failed, with the call's problem set.
 */
bool write_replay(struct writer *writer, struct store_create *create, int64_t now, bool *ret_known);

/* Keeps the key with the jobs that were just created, and throws out some that are too old. */
bool write_key(struct writer *writer, struct store_create *create, int64_t now);

#endif
