/* The guard: an advisory lock of a session, one for each schema. */
#include "store/postgres/guard.h"

#include "base/clock.h"

#include <string.h>
#include <time.h>

#define LOCK "(hashtextextended('jobd serves ' || current_schema(), 0))"

#define LOOK_MS 20

static bool ask(PGconn *conn, const char *sql, bool *ret_taken)
{
    PGresult *result = PQexec(conn, sql);
    bool asked = PQresultStatus(result) == PGRES_TUPLES_OK;

    if (asked)
        *ret_taken = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    PQclear(result);
    return asked;
}

static int64_t now_ms(void)
{
    return clock_mono_ns(&clock_system) / 1000000;
}

/* Asked again and again: whoever waited in the database's line would keep out all behind it. */
static bool try_lock(PGconn *conn, const char *sql, int64_t patience_ms, const char *refusal,
                     struct err *err)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
    int64_t until = now_ms() + patience_ms;
    bool taken = false;
    bool asked = ask(conn, sql, &taken);

    while (asked && !taken && now_ms() < until) {
        nanosleep(&pause, NULL);
        asked = ask(conn, sql, &taken);
    }
    if (!asked)
        return err_set(err, "The database cannot be opened: %.*s.",
                       (int)strcspn(PQerrorMessage(conn), "\n"), PQerrorMessage(conn));
    return taken || err_set(err, "%s", refusal);
}

bool guard_share(PGconn *conn, int64_t patience_ms, struct err *err)
{
    return try_lock(conn, "SELECT pg_try_advisory_lock_shared" LOCK, patience_ms,
                    "The store is being moved: jobd move has it for itself.", err);
}

bool guard_take(PGconn *conn, int64_t patience_ms, struct err *err)
{
    return try_lock(conn, "SELECT pg_try_advisory_lock" LOCK, patience_ms,
                    "The store is in use: a jobd serves it, or another jobd moves it.", err);
}
