/* What became of a COMMIT whose answer never came: found out by a mark the transaction left. */
#ifndef JOBD_STORE_POSTGRES_WRITE_OUTCOME_H
#define JOBD_STORE_POSTGRES_WRITE_OUTCOME_H

#include "base/uuid.h"
#include "store/postgres/connection.h"

#include <stdbool.h>
#include <stdint.h>

struct pg_store;

/* The right to write: a lock that ends with its transaction, whatever way that ends. */
#define PG_WRITE_LOCK "hashtextextended('jobd writes ' || current_schema(), 0)"

/*
 * Whatever the database's defaults are: what is read after the lock was had must be what is there
 * then, and not what was there when the transaction began.
 */
#define PG_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

/* Sends the statement that leaves the mark: the number of this daemon's transaction. */
void outcome_mark(struct pg_connection *connection, const struct uuid *daemon, int64_t batch,
                  int64_t now);

enum commit_outcome {
    COMMIT_ANSWERED, /* the COMMIT was, or there was none */
    COMMIT_DONE, /* and as safe as any COMMIT that is answered */
    COMMIT_UNDONE,
    COMMIT_UNKNOWN, /* the database did not come back within OUTCOME_NS */
};
#define OUTCOME_NS (INT64_C(10) * 1000 * 1000 * 1000)

/*
 * Connects anew, waits until the lost transaction is over (it had the right to write), and looks
 * for its mark. The connection is fit for the next transaction unless it is not known; the answers
 * of the round are gone in any case.
 */
enum commit_outcome outcome_find(struct pg_store *store, struct pg_connection *connection,
                                 int64_t batch);

#endif
