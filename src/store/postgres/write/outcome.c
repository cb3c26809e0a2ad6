/* Outcomes: the daemon's own row, written by each of its transactions. */
#include "store/postgres/write/outcome.h"

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

/*
 * False when the connection did not last that long. A backend that is terminated while it waits for
 * the standby leaves its transaction for all to see, though the standby may not have it: so the
 * look at the mark is a write, whose own COMMIT waits until everything before it is safe, too.
 */
static bool read_mark(struct pg_store *store, struct pg_connection *connection, int64_t *ret_batch)
{
    struct pg_params params = {0};
    size_t mark;

    param_uuid(&params, &store->id);
    pg_send(connection, PG_BEGIN, NULL);
    pg_send(connection, "SELECT pg_advisory_xact_lock(" PG_WRITE_LOCK ")", NULL);
    pg_send(connection, "UPDATE writer SET change = change", NULL);
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

enum commit_outcome outcome_find(struct pg_store *store, struct pg_connection *connection,
                                 int64_t batch)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t until = clock_mono_ns(&clock_system) + OUTCOME_NS, found;
    struct err ignored;

    while (clock_mono_ns(&clock_system) < until) {
        pg_disconnect(connection);
        if (pg_connect(connection, store->url, &ignored) == PROBLEM_NONE &&
            read_mark(store, connection, &found))
            return found == batch ? COMMIT_DONE : COMMIT_UNDONE;
        nanosleep(&pause, NULL);
    }
    pg_disconnect(connection);
    return COMMIT_UNKNOWN;
}
