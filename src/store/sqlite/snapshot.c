/* Snapshots: kept while the header of the WAL index stays, which every commit changes. */
#include "store/sqlite/snapshot.h"

#include "store/sqlite/connection.h"
#include "store/sqlite/wal.h"

/*
 * The header is read before the transaction begins: when a commit comes between, the snapshot is
 * newer than the header says and is only renewed once too often. A connection that has not read yet
 * leaves the index to SQLite.
 */
void snapshot_take(struct sqlite_reader *reader)
{
    struct wal_header now = {.valid = false};
    int64_t ignored;

    if (reader->in_snapshot || reader->wal_index != NULL)
        wal_header_read(reader->db, &reader->wal_index, &now);
    if (reader->in_snapshot && wal_header_eq(&now, &reader->header))
        return;
    snapshot_drop(reader);
    reader->header = now;
    reader->in_snapshot = connection_number(reader, "BEGIN", &ignored);
}

void snapshot_drop(struct sqlite_reader *reader)
{
    int64_t ignored;

    if (!sqlite3_get_autocommit(reader->db))
        connection_number(reader, "ROLLBACK", &ignored);
    reader->in_snapshot = false;
}

static bool has_failed(const struct sqlite_reader *reader)
{
    int code = sqlite3_errcode(reader->db);

    return code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE;
}

void snapshot_give(struct sqlite_reader *reader, bool keep)
{
    if (!keep || has_failed(reader))
        snapshot_drop(reader);
}
