/* The schema's versions: what a database file is, and how an older one becomes the latest. */
#ifndef JOBD_STORE_SQLITE_MIGRATE_H
#define JOBD_STORE_SQLITE_MIGRATE_H

#include "base/err.h"
#include "store/sqlite/sqlite.h"

#include <stdbool.h>

/* "jobd" as SQLite's application_id. */
#define MIGRATE_APPLICATION_ID 0x6a6f6264

/* The schema this program knows. */
int migrate_latest(void);

/*
 * Looks at a database: *ret_needed says whether migrate_run has something to do (empty, older, or
 * not in WAL mode). False with a sentence when it is of a newer jobd or not jobd's at all.
 */
bool migrate_check(struct sqlite_reader *writer, const char *path, bool *ret_needed,
                   struct err *err);

/*
 * Brings the schema to `version`, one transaction a version, and the file to WAL mode. Checked
 * before. The caller keeps other writers away.
 */
bool migrate_run(struct sqlite_reader *writer, const char *path, int version, struct err *err);

#endif
