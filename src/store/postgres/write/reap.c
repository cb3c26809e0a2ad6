/* Reaping: takes jobs from holders whose leases ran out, and makes delayed jobs ready. */
#include "base/scope.h"
#include "store/jitter.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"
#include "store/postgres/write/batch.h"

static struct store_reap *reap_of(const struct pg_step *step)
{
    return CONTAINER_OF(step->call, struct store_reap, call);
}

/* One more than may be done, to know when the next one is due. */
static void look(struct pg_batch *batch, struct pg_step *step)
{
    struct pg_params params = {0};

    param_number(&params, (int64_t)reap_of(step)->limit + 1);
    step->look = pg_send(batch->connection,
                         "SELECT position, expires_at FROM lease WHERE held ORDER BY expires_at "
                         "LIMIT $1",
                         &params);
    pg_send(batch->connection,
            "SELECT position, run_after FROM job WHERE status = 0 AND NOT self_managed AND "
            "run_after IS NOT NULL ORDER BY run_after LIMIT $1",
            &params);
    pg_send(batch->connection, "SELECT expires_on FROM session ORDER BY expires_on LIMIT $1",
            &params);
}

static bool read_due(struct pg_batch *batch, const PGresult *result, int64_t shift,
                     struct pg_granted **ret_due, size_t *ret_count)
{
    *ret_due = ARENA_ARRAY(&batch->arena, struct pg_granted, pg_rows(result) + 1);
    *ret_count = pg_rows(result);
    if (*ret_due == NULL)
        return false;
    for (size_t i = 0; i < *ret_count; i++) {
        struct pg_row row = {result, (int)i};
        struct pg_granted *due = &(*ret_due)[i];
        *due = (struct pg_granted){row_number(row, 0, 0), row_number(row, 1, 0) + shift};
        if (due->fence <= batch->now.lease && rows_want(&batch->rows, due->position) == NULL)
            return false;
    }
    return true;
}

static bool read_sessions(struct pg_batch *batch, const PGresult *result, struct pg_step *step)
{
    step->due.session_count = pg_rows(result);
    step->due.sessions = ARENA_ARRAY(&batch->arena, int64_t, pg_rows(result) + 1);
    if (step->due.sessions == NULL)
        return false;
    for (size_t i = 0; i < step->due.session_count; i++)
        step->due.sessions[i] = row_number((struct pg_row){result, (int)i}, 0, 0);
    return true;
}

/* Delays are of the wall clock as it goes now. */
static bool load(struct pg_batch *batch, struct pg_step *step)
{
    const struct pg_connection *connection = batch->connection;

    return read_due(batch, pg_result(connection, step->look), 0, &step->due.leases,
                    &step->due.lease_count) &&
           read_due(batch, pg_result(connection, step->look + 1),
                    batch->now.lease - batch->now.wall, &step->due.delays,
                    &step->due.delay_count) &&
           read_sessions(batch, pg_result(connection, step->look + 2), step);
}

/* A lease that an older store left with a job that no longer runs just ends. */
static bool expire(struct pg_batch *batch, struct store_reap *reap, struct pg_held *held)
{
    struct job job = held->job;
    struct lease lease = held->lease;
    struct hold hold = {&job, &lease, batch->now};
    bool changed = false;

    if (!lease_is_due(&lease, batch->now))
        return true; /* a call before this one saved it */
    if (!lease_clock_spare(batch->writer->heard_from, &lease, batch->now)) {
        changed = hold_expire(&hold, jitter_bits());
        reap->expired++;
    }
    return pg_batch_keep(batch, held, &hold, changed, &reap->call);
}

/* Nothing that anybody sees: no change number, no date. */
static bool make_ready(struct pg_batch *batch, struct store_reap *reap, struct pg_held *held)
{
    if (!job_is_delayed(&held->job))
        return true;
    held->job.run_after = JOB_NO_TIME;
    reap->readied++;
    if (news_of_job(&batch->writer->news, NULL,
                    &(struct hold){&held->job, &held->lease, batch->now}))
        return true;
    reap->call.problem = problem_no_memory(&reap->call.err);
    return false;
}

/* Whether there is one at `i` whose time has come. */
static bool is_due(const struct pg_batch *batch, const struct pg_granted *due, size_t count,
                   size_t i)
{
    return i < count && due[i].fence <= batch->now.lease;
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t time_of(const struct pg_granted *due, size_t count, size_t i)
{
    return i < count ? due[i].fence : INT64_MAX;
}

/* A row that cannot be read is passed over: it must not hold up the others. */
static bool act(struct pg_batch *batch, struct store_reap *reap, int64_t position, bool lease)
{
    struct pg_held *held = NULL;
    struct err ignored;

    if (pg_batch_row(batch, position, &held, &ignored) != PROBLEM_NONE)
        return true;
    return lease ? expire(batch, reap, held) : make_ready(batch, reap, held);
}

/* Of both in turns, so that many of the one do not hold up the other; how many were done. */
static bool reap_jobs(struct pg_batch *batch, struct pg_step *step, size_t *ret_done,
                      int64_t *ret_next)
{
    struct store_reap *reap = reap_of(step);
    size_t leases = 0, delays = 0, lease_count = step->due.lease_count;
    size_t delay_count = step->due.delay_count;

    for (*ret_done = 0; *ret_done < reap->limit; ++*ret_done) {
        bool lease = is_due(batch, step->due.leases, lease_count, leases);
        bool delay = is_due(batch, step->due.delays, delay_count, delays);
        if (!lease && !delay)
            break;
        lease = lease && (*ret_done % 2 == 1 || !delay);
        if (!act(batch, reap,
                 lease ? step->due.leases[leases++].position : step->due.delays[delays++].position,
                 lease))
            return false;
    }
    *ret_next = min(time_of(step->due.leases, lease_count, leases),
                    time_of(step->due.delays, delay_count, delays));
    return true;
}

/* Sessions are of the wall clock. Those that are over can be used by nobody any more. */
static int64_t reap_sessions(struct pg_batch *batch, struct pg_step *step, size_t limit)
{
    struct store_reap *reap = reap_of(step);
    struct pg_params params = {0};
    const int64_t *at = step->due.sessions;

    while (reap->sessions < step->due.session_count && reap->sessions < limit &&
           at[reap->sessions] <= batch->now.wall)
        reap->sessions++;
    if (reap->sessions > 0) {
        param_number(&params, (int64_t)reap->sessions);
        pg_send(batch->connection,
                "DELETE FROM session WHERE token IN (SELECT token FROM session ORDER BY expires_on "
                "LIMIT $1)",
                &params);
    }
    if (reap->sessions == step->due.session_count)
        return INT64_MAX;
    return at[reap->sessions] + batch->now.lease - batch->now.wall;
}

/* What it did itself may be due before what it found. */
static bool run(struct pg_batch *batch, struct pg_step *step)
{
    struct store_reap *reap = reap_of(step);
    int64_t next;
    size_t done;

    reap->expired = reap->readied = reap->sessions = 0;
    if (!reap_jobs(batch, step, &done, &next))
        return false;
    next = min(next, reap_sessions(batch, step, reap->limit - done));
    next = min(next, batch->writer->news.due_at);
    reap->more = next <= batch->now.lease;
    reap->call.problem = PROBLEM_NONE;
    observed_reap_ends(&batch->writer->store->observed, reap, next, batch->now);
    return true;
}

const struct pg_operation pg_reap_operation = {.look = look, .load = load, .run = run};

/* Another transaction at all, which tells whether the database takes writes. */
static bool run_probe(struct pg_batch *batch, struct pg_step *step)
{
    batch->wrote = true;
    step->call->problem = PROBLEM_NONE;
    return true;
}

const struct pg_operation pg_probe_operation = {.run = run_probe};
