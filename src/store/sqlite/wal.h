/* The write-ahead log's file, where SQLite's own functions do not reach. */
#ifndef JOBD_STORE_SQLITE_WAL_H
#define JOBD_STORE_SQLITE_WAL_H

#include <sqlite3.h>

#include <stdbool.h>

/*
 * Cuts off what a failed COMMIT left behind the last commit that counts. When only the sync failed,
 * whole frames lie there, with their commit mark: no connection reads them, and the next
 * transaction writes over them, but a recovery before that, after a crash, would take them for
 * committed. No transaction may be open on the connection. False when the file cannot be cut.
 */
bool wal_drop_tail(sqlite3 *db);

#endif
