/* The guard: an advisory lock of a session, one for each schema. */
#include "store/postgres/guard.h"

#include <string.h>

#define LOCK "(hashtextextended('jobd serves ' || current_schema(), 0))"

static bool try_lock(PGconn *conn, const char *sql, const char *refusal, struct err *err)
{
    PGresult *result = PQexec(conn, sql);
    bool asked = PQresultStatus(result) == PGRES_TUPLES_OK;
    bool taken = asked && strcmp(PQgetvalue(result, 0, 0), "t") == 0;

    PQclear(result);
    if (!asked)
        return err_set(err, "The database cannot be opened: %.*s.",
                       (int)strcspn(PQerrorMessage(conn), "\n"), PQerrorMessage(conn));
    return taken || err_set(err, "%s", refusal);
}

bool guard_share(PGconn *conn, struct err *err)
{
    return try_lock(conn, "SELECT pg_try_advisory_lock_shared" LOCK,
                    "The store is being moved: jobd move has it for itself.", err);
}

bool guard_take(PGconn *conn, struct err *err)
{
    return try_lock(conn, "SELECT pg_try_advisory_lock" LOCK,
                    "The store is in use: a jobd serves it, or another jobd moves it.", err);
}
