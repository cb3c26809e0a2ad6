/* Reach: a time before which nobody tries again, and why. */
#include "store/postgres/reach.h"

#include "base/clock.h"
#include "store/postgres/state.h"

#define PAUSE_NS (INT64_C(500) * 1000 * 1000)

void reach_init(struct reach *reach)
{
    *reach = (struct reach){0};
    pthread_mutex_init(&reach->lock, NULL);
}

void reach_release(struct reach *reach)
{
    pthread_mutex_destroy(&reach->lock);
}

void reach_lost(struct pg_store *store)
{
    atomic_store(&store->writer.failed, true);
}

/* Whoever is told so may be the first to say it in the log. */
static bool is_away(struct reach *reach, struct err *ret_reason)
{
    bool away;

    pthread_mutex_lock(&reach->lock);
    away = clock_mono_ns(&clock_system) < reach->away_until;
    if (away)
        *ret_reason = reach->reason;
    pthread_mutex_unlock(&reach->lock);
    return away;
}

static void note_away(struct reach *reach, const struct err *reason)
{
    pthread_mutex_lock(&reach->lock);
    reach->away_until = clock_mono_ns(&clock_system) + PAUSE_NS;
    reach->reason = *reason;
    pthread_mutex_unlock(&reach->lock);
}

enum problem reach_connect(struct pg_store *store, struct pg_connection *connection,
                           struct err *err)
{
    enum problem problem;

    if (is_away(&store->reach, err))
        return PROBLEM_STORE_UNAVAILABLE;
    problem = pg_connect(connection, store->url, err);
    if (problem == PROBLEM_NONE)
        return problem;
    note_away(&store->reach, err);
    reach_lost(store);
    return problem;
}
