/* What SQLite's errors mean to the caller. */
#include "store/sqlite/sqlite.h"

bool sqlite_is_unavailable(int code)
{
    switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return true;
    default:
        return false;
    }
}

enum problem sqlite_problem(sqlite3 *db, struct err *err)
{
    int code = sqlite3_errcode(db);

    if ((code & 0xFF) == SQLITE_NOMEM)
        return problem_no_memory(err);
    if (sqlite_is_unavailable(code)) {
        err_set(err, "The store is not available at the moment: %s.", sqlite3_errmsg(db));
        return PROBLEM_STORE_UNAVAILABLE;
    }
    err_set(err, "The store failed: %s.", sqlite3_errmsg(db));
    return PROBLEM_INTERNAL;
}
