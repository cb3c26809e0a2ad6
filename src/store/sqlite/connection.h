/* Connections to the database file: opened and set up alike, closed whole. */
#ifndef JOBD_STORE_SQLITE_CONNECTION_H
#define JOBD_STORE_SQLITE_CONNECTION_H

#include "base/err.h"
#include "store/sqlite/sqlite.h"

#include <stdbool.h>

/* How long a connection waits for another process's transaction. */
#define CONNECTION_BUSY_MS 5000

/* What a connection is for: reading on any thread, writing, or copying the log into the file. */
enum connection_use { CONNECTION_READS, CONNECTION_WRITES, CONNECTION_CHECKPOINTS };

/* The file must exist. False with a sentence. */
bool connection_open(const char *path, enum connection_use use, struct sqlite_reader **ret_reader,
                     struct err *err);

/* NULL is fine. The last one of the file to be closed empties the WAL. */
void connection_close(struct sqlite_reader *reader);

/* Runs statements that yield nothing of interest. */
bool connection_run(struct sqlite_reader *reader, const char *sql);

/* The number a statement yields, 0 when it yields no row; false on an error of the connection. */
bool connection_number(struct sqlite_reader *reader, const char *sql, int64_t *ret_number);

#endif
