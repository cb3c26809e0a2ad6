/* Reaping: ends leases and sessions that ran out, and makes delayed jobs ready. */
#include "base/scope.h"
#include "store/jitter.h"
#include "store/sqlite/due.h"
#include "store/sqlite/state.h"
#include "store/sqlite/write/write.h"

#define JOB_BYTES_MAX (1 << 20)

/* A lease that an older store left with a job that no longer runs just ends. */
static bool expire(struct writer *writer, struct store_reap *reap,
                   const struct write_loaded *before, struct moment now)
{
    struct write_loaded after = *before;
    struct hold hold = {&after.job, &after.lease, now};
    bool changed = false;

    if (!lease_clock_spare(writer->store->lease_clock.opened_at, &after.lease, now)) {
        changed = hold_expire(&hold, jitter_bits());
        reap->expired++;
    }
    return write_hold(writer, before, &hold, changed, &reap->call);
}

static bool expire_at(struct writer *writer, struct store_reap *reap, int64_t position,
                      struct moment now)
{
    AUTO(arena_release) struct arena arena;
    struct write_loaded before;

    arena_init(&arena, JOB_BYTES_MAX);
    reap->call.problem = write_load_at(writer, position, &arena, &before, &reap->call.err);
    return reap->call.problem == PROBLEM_NONE && expire(writer, reap, &before, now);
}

/* Nothing that anybody sees: no change number, no date. */
static bool clear_delay(struct writer *writer, int64_t position, struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "UPDATE job SET run_after = NULL WHERE position = ?1");

    if (statement != NULL)
        sqlite3_bind_int64(statement, 1, position);
    return write_step(writer, statement, call);
}

static bool make_ready(struct writer *writer, struct store_reap *reap, int64_t position,
                       struct moment now)
{
    AUTO(arena_release) struct arena arena;
    struct write_loaded loaded;
    struct hold hold = {&loaded.job, &loaded.lease, now};

    arena_init(&arena, JOB_BYTES_MAX);
    reap->call.problem = write_load_at(writer, position, &arena, &loaded, &reap->call.err);
    if (reap->call.problem != PROBLEM_NONE || !clear_delay(writer, position, &reap->call))
        return false;
    loaded.job.run_after = JOB_NO_TIME;
    reap->readied++;
    return write_news(writer, NULL, &hold, &reap->call);
}

/* Last of all: nobody can use it any more. */
static bool end_session(struct writer *writer, struct store_reap *reap)
{
    reap->sessions++;
    return write_session_end(writer, &reap->call);
}

/* Of both kinds of jobs in turns, so that many of the one do not hold up the other. */
static bool reap_one(struct writer *writer, struct store_reap *reap, const struct due *due,
                     bool prefer_ready, struct moment now)
{
    bool ready = due->ready_at <= now.lease, lease = due->lease_at <= now.lease;

    if (ready && (prefer_ready || !lease))
        return make_ready(writer, reap, due->ready_position, now);
    if (lease)
        return expire_at(writer, reap, due->lease_position, now);
    return end_session(writer, reap);
}

bool write_reap(struct writer *writer, struct store_reap *reap)
{
    struct moment now = write_moment(writer);
    struct due due;

    reap->expired = reap->readied = reap->sessions = 0;
    for (size_t done = 0;; done++) {
        if (!sqlite_due(writer->connection, now, &due)) {
            reap->call.problem = sqlite_problem(writer->connection->db, &reap->call.err);
            return false;
        }
        reap->more = due_at(&due) <= now.lease;
        if (!reap->more || done >= reap->limit)
            break;
        if (!reap_one(writer, reap, &due, done % 2 == 0, now))
            return false;
    }
    reap->call.problem = PROBLEM_NONE;
    observed_reap_ends(&writer->store->observed, reap, due_at(&due), now);
    return true;
}
