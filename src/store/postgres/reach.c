/* Reach: a time before which nobody tries again. */
#include "store/postgres/reach.h"

#include "base/clock.h"
#include "store/postgres/state.h"

#define PAUSE_NS (INT64_C(500) * 1000 * 1000)

void reach_lost(struct pg_store *store)
{
    atomic_store(&store->writer.failed, true);
}

enum problem reach_connect(struct pg_store *store, struct pg_connection *connection,
                           struct err *err)
{
    enum problem problem;

    if (clock_mono_ns(&clock_system) < atomic_load(&store->unreached_until)) {
        err_set(err, "The database could not be reached just now.");
        return PROBLEM_STORE_UNAVAILABLE;
    }
    problem = pg_connect(connection, store->url, err);
    if (problem == PROBLEM_NONE)
        return problem;
    atomic_store(&store->unreached_until, clock_mono_ns(&clock_system) + PAUSE_NS);
    reach_lost(store);
    return problem;
}
