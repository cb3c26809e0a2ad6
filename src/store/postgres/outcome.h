/* What became of a COMMIT whose answer never came: found out by a mark the transaction left. */
#ifndef JOBD_STORE_POSTGRES_OUTCOME_H
#define JOBD_STORE_POSTGRES_OUTCOME_H

#include "base/uuid.h"
#include "store/postgres/connection.h"

#include <stdbool.h>
#include <stdint.h>

struct pg_store;

/* The right to write: a lock that ends with its transaction, whatever way that ends. */
#define PG_WRITE_LOCK "hashtextextended('jobd writes ' || current_schema(), 0)"

/* Sends the statement that leaves the mark: the number of this daemon's transaction. */
void outcome_mark(struct pg_connection *connection, const struct uuid *daemon, int64_t batch,
                  int64_t now);

/*
 * Connects anew, waits until the lost transaction is over (it had the right to write), and looks
 * for its mark. True: it was committed. False: it was not, or the database did not come back within
 * OUTCOME_NS; the connection's problem says which. The answers of the round are gone either way.
 */
#define OUTCOME_NS (INT64_C(10) * 1000 * 1000 * 1000)
bool outcome_find(struct pg_store *store, struct pg_connection *connection, int64_t batch);

#endif
