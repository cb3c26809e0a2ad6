/* A reader's snapshot, kept from one read to the next as long as nobody has committed. */
#ifndef JOBD_STORE_SQLITE_SNAPSHOT_H
#define JOBD_STORE_SQLITE_SNAPSHOT_H

#include "store/sqlite/sqlite.h"

/*
 * Gives the reader a read transaction that sees every commit made before the call. Beginning one
 * costs two system calls, about two fifths of a read by id; so the one from the last read goes on
 * when the log says that nothing was committed since.
 */
void snapshot_take(struct sqlite_reader *reader);

/*
 * After a read: keeps the snapshot when `keep`, unless the connection has failed. A snapshot that
 * is kept keeps a checkpoint from going beyond it, so somebody must drop it then.
 */
void snapshot_give(struct sqlite_reader *reader, bool keep);
void snapshot_drop(struct sqlite_reader *reader);

#endif
