/* The write-ahead log's file, where SQLite's own functions do not reach. */
#ifndef JOBD_STORE_SQLITE_WAL_H
#define JOBD_STORE_SQLITE_WAL_H

#include <sqlite3.h>

#include <stdbool.h>
#include <string.h>

#define WAL_HEADER_SIZE 48

/* What the WAL index says of the last commit: another one makes it differ. */
struct wal_header {
    bool valid; /* false: unknown; equal to nothing */
    unsigned char bytes[WAL_HEADER_SIZE];
};

/*
 * Reads it from shared memory, without a system call and without a lock: one that is just being
 * written differs from the one before. `*index` is where it lies, NULL before the first call; it
 * stays valid as long as the connection.
 */
void wal_header_read(sqlite3 *db, const volatile unsigned char **index,
                     struct wal_header *ret_header);

static inline bool wal_header_eq(const struct wal_header *a, const struct wal_header *b)
{
    return a->valid && b->valid && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/*
 * Cuts off what a failed COMMIT left behind the last commit that counts. When only the sync failed,
 * whole frames lie there, with their commit mark: no connection reads them, and the next
 * transaction writes over them, but a recovery before that, after a crash, would take them for
 * committed. No transaction may be open on the connection. False when the file cannot be cut.
 */
bool wal_drop_tail(sqlite3 *db);

#endif
