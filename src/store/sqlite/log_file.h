/* The write-ahead log's file as the writer opens it: what a commit writes leaves as one piece. */
#ifndef JOBD_STORE_SQLITE_LOG_FILE_H
#define JOBD_STORE_SQLITE_LOG_FILE_H

#include <sqlite3.h>

#include <stdbool.h>

/*
 * SQLite writes each page of a commit by itself, and a few bytes before it: some thirty system
 * calls for a report. Between log_file_gather(true) and log_file_gather(false) they are kept in
 * memory and written together, at the latest when SQLite syncs the log. So it is only for commits
 * that end with a sync (PRAGMA synchronous = FULL), which comes before anybody is told of them. An
 * error of that write is what the sync yields, and the COMMIT fails as it does by a failed sync.
 */

/* The name to open a connection with (sqlite3_open_v2) so that its log can be gathered; NULL,
 * SQLite's own, without memory. */
const char *log_file_vfs(void);

/*
 * Around a COMMIT on such a connection; does nothing on others. The end throws away what a COMMIT
 * that failed has not written. The connection's thread.
 */
void log_file_gather(sqlite3 *db, bool on);

#endif
