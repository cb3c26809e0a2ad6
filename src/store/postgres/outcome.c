/* Outcomes: the daemon's own row, written by each of its transactions. */
#include "store/postgres/outcome.h"

#include "base/clock.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"

#include <time.h>

#define PAUSE_NS (200 * 1000 * 1000)

void outcome_mark(struct pg_connection *connection, const struct uuid *daemon, int64_t batch,
                  int64_t now)
{
    struct pg_params params = {0};

    param_uuid(&params, daemon);
    param_number(&params, batch);
    param_number(&params, now);
    pg_send(connection,
            "INSERT INTO daemon (id, batch, seen_on) VALUES ($1, $2, $3) "
            "ON CONFLICT (id) DO UPDATE SET batch = $2, seen_on = $3",
            &params);
}

/* False when the connection did not last that long. */
static bool read_mark(struct pg_store *store, struct pg_connection *connection, int64_t *ret_batch)
{
    struct pg_params params = {0};
    size_t mark;

    param_uuid(&params, &store->id);
    pg_send(connection, "BEGIN", NULL);
    pg_send(connection, "SELECT pg_advisory_xact_lock(" PG_WRITE_LOCK ")", NULL);
    mark = pg_send(connection, "SELECT batch FROM daemon WHERE id = $1", &params);
    pg_send(connection, "COMMIT", NULL);
    if (!pg_round(connection))
        return false;
    *ret_batch = pg_rows(pg_result(connection, mark)) > 0
                     ? row_number(pg_first(pg_result(connection, mark)), 0, 0)
                     : 0;
    pg_clear(connection);
    return true;
}

static bool fail(struct pg_connection *connection, const char *sentence)
{
    connection->problem = PROBLEM_STORE_UNAVAILABLE;
    err_set(&connection->err, "%s", sentence);
    return false;
}

bool outcome_find(struct pg_store *store, struct pg_connection *connection, int64_t batch)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t until = clock_mono_ns(&clock_system) + OUTCOME_NS, found;
    struct err ignored;

    while (clock_mono_ns(&clock_system) < until) {
        pg_disconnect(connection);
        if (pg_connect(connection, store->url, &ignored) == PROBLEM_NONE &&
            read_mark(store, connection, &found))
            return found == batch ||
                   fail(connection, "The database was lost for a moment; nothing was changed.");
        nanosleep(&pause, NULL);
    }
    return fail(connection,
                "The database was lost; it is not known whether the last change counts.");
}
