/* Batches: look, load, do; and what becomes of the calls when the transaction fails. */
#include "store/postgres/write/batch.h"

#include "base/metrics.h"
#include "base/scope.h"
#include "store/postgres/reach.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"

#include <assert.h>

/* The rows of a batch, payloads included: 1,000 jobs with the largest payload each have room. */
#define BATCH_BYTES_MAX ((size_t)512 << 20)

static const struct pg_operation *operation_of(const struct store_call *call)
{
    switch ((enum write_operation)call->operation) {
    case WRITE_CREATE:
        return &pg_create_operation;
    case WRITE_UPDATE:
        return &pg_update_operation;
    case WRITE_ACCOUNT:
        return &pg_account_operation;
    case WRITE_APPEND:
        return &pg_append_operation;
    case WRITE_CLAIM:
        return &pg_claim_operation;
    case WRITE_REAP:
        return &pg_reap_operation;
    case WRITE_IMPORT:
        return &pg_import_operation;
    case WRITE_PROBE:
        return &pg_probe_operation;
    case WRITE_SESSION:
        return &pg_session_operation;
    }
    assert(false);
    return NULL;
}

static void batch_init(struct pg_batch *batch, struct pg_writer *writer)
{
    *batch = (struct pg_batch){.writer = writer, .connection = &writer->connection};
    arena_init(&batch->arena, BATCH_BYTES_MAX);
    batch->rows.arena = &batch->arena;
}

struct store_claim *pg_call_claim(struct store_call *call)
{
    if (call->operation == WRITE_CLAIM)
        return CONTAINER_OF(call, struct store_claim, call);
    if (call->operation == WRITE_UPDATE)
        return CONTAINER_OF(call, struct store_update, call)->then;
    return NULL;
}

static size_t claimed_by(struct store_call *call)
{
    const struct store_claim *claim = pg_call_claim(call);

    return claim != NULL ? claim->claim->max : 0;
}

static bool is_full(const struct pg_batch *batch)
{
    return batch->calls.count >= BATCH_CALLS_MAX ||
           batch->claims + CLAIM_JOBS_MAX > BATCH_CLAIMS_MAX;
}

static void take(struct pg_batch *batch)
{
    struct store_call *call;

    while (!is_full(batch) && (call = call_queue_next(&batch->writer->queue)) != NULL) {
        call_list_add(&batch->calls, call);
        batch->claims += claimed_by(call);
    }
}

static bool make_steps(struct pg_batch *batch)
{
    for (struct store_call *call = batch->calls.first; call != NULL; call = call->next) {
        struct pg_step *step = ARENA_NEW(&batch->arena, struct pg_step);
        if (step == NULL)
            return false;
        step->call = call;
        if (batch->last != NULL)
            batch->last->next = step;
        else
            batch->first = step;
        batch->last = step;
    }
    return true;
}

static void fail_memory(struct pg_batch *batch)
{
    if (batch->connection->problem == PROBLEM_NONE)
        batch->connection->problem = problem_no_memory(&batch->connection->err);
}

/* The first round. Each statement sees what was committed before the lock was had. */
static bool look(struct pg_batch *batch)
{
    struct pg_connection *connection = batch->connection;
    struct pg_row row;
    size_t state;

    pg_send(connection, PG_BEGIN, NULL);
    pg_send(connection, "SELECT pg_advisory_xact_lock(" PG_WRITE_LOCK ")", NULL);
    state = pg_send(connection, "SELECT position, change, lease_time, kept_on FROM writer", NULL);
    for (struct pg_step *step = batch->first; step != NULL; step = step->next)
        if (operation_of(step->call)->look != NULL)
            operation_of(step->call)->look(batch, step);
    if (!pg_claim_look_all(batch))
        fail_memory(batch);
    if (!pg_round(connection))
        return false;
    row = pg_first(pg_result(connection, state));
    batch->position = row_number(row, 0, 0);
    batch->change = row_number(row, 1, 0);
    batch->lease_time = row_number(row, 2, 0);
    shared_clock_follow(&batch->writer->store->clock,
                        (struct kept_time){batch->lease_time, row_number(row, 3, 0)});
    batch->now = shared_clock_now(&batch->writer->store->clock);
    if (batch->writer->reconnected)
        batch->writer->heard_from = batch->now.lease;
    batch->writer->reconnected = false;
    return true;
}

static bool load(struct pg_batch *batch)
{
    bool good = pg_claim_load_all(batch);

    for (struct pg_step *step = batch->first; step != NULL && good; step = step->next)
        if (operation_of(step->call)->load != NULL)
            good = operation_of(step->call)->load(batch, step);
    if (!good) {
        fail_memory(batch);
        return false;
    }
    pg_clear(batch->connection);
    return rows_load(&batch->rows, batch->connection);
}

static bool run(struct pg_batch *batch)
{
    for (struct pg_step *step = batch->first; step != NULL; step = step->next)
        if (!operation_of(step->call)->run(batch, step))
            return false;
    return true;
}

static void keep_state(struct pg_batch *batch)
{
    struct pg_params params = {0};

    param_number(&params, batch->position);
    param_number(&params, batch->change);
    param_number(&params, batch->now.lease);
    param_number(&params, batch->now.wall);
    pg_send(batch->connection,
            "UPDATE writer SET position = $1, change = $2, lease_time = $3, kept_on = $4", &params);
}

/* Whether the COMMIT that was not answered was done all the same. */
static bool was_committed(struct pg_batch *batch)
{
    struct pg_writer *writer = batch->writer;

    batch->outcome = outcome_find(writer->store, batch->connection, writer->batch);
    writer->reconnected = true;
    return batch->outcome == COMMIT_DONE;
}

/* Whether the round of the COMMIT broke off, instead of being refused. */
static bool is_unanswered(const struct pg_batch *batch)
{
    return batch->wrote && (pg_is_broken(batch->connection) ||
                            batch->connection->problem == PROBLEM_STORE_UNAVAILABLE);
}

/* A transaction that wrote nothing leaves nothing to sync, and nothing to find out about. */
static bool commit(struct pg_batch *batch)
{
    struct pg_writer *writer = batch->writer;

    rows_store(&batch->rows, batch->connection);
    pg_ended_store(&batch->ended, batch->connection, batch->now);
    batch->wrote = batch->wrote || batch->connection->statements > 0;
    if (batch->wrote) {
        keep_state(batch);
        outcome_mark(batch->connection, &writer->store->id, ++writer->batch, batch->now.wall);
        listener_notify(writer->store, batch->connection, &writer->news);
    }
    pg_send(batch->connection, "COMMIT", NULL);
    if (pg_round(batch->connection))
        return true;
    return is_unanswered(batch) && was_committed(batch);
}

static void succeeded(struct pg_batch *batch)
{
    struct pg_writer *writer = batch->writer;

    pg_clear(batch->connection);
    atomic_store(&writer->failed, false);
    if (batch->wrote) {
        metric_add(METRIC_STORE_COMMITS, 1);
        metric_add(METRIC_STORE_WRITES, (int64_t)batch->calls.count);
        observed_tell(&writer->store->observed, &writer->news, batch->now);
    }
    call_queue_served(&writer->queue, batch->calls.count);
    call_list_answer(&batch->calls);
}

/* The same problem for all, whatever each had found: it may have seen what never became true. */
static void fail_all(struct pg_batch *batch, enum problem problem, const struct err *err)
{
    struct pg_writer *writer = batch->writer;

    metric_add(METRIC_STORE_FAILURES, 1);
    if (problem == PROBLEM_STORE_UNAVAILABLE || problem == PROBLEM_OUTCOME_UNKNOWN)
        atomic_store(&writer->failed, true);
    if (problem == PROBLEM_OUTCOME_UNKNOWN)
        observed_tell_missed(&writer->store->observed);
    for (struct store_call *call = batch->calls.first; call != NULL; call = call->next) {
        call->problem = problem;
        call->err = *err;
    }
    call_queue_served(&writer->queue, batch->calls.count);
    call_list_answer(&batch->calls);
}

/* A connection on which something went wrong for want of the database is not trusted again. */
static void roll_back(struct pg_batch *batch)
{
    struct pg_connection *connection = batch->connection;
    bool lost = connection->problem == PROBLEM_STORE_UNAVAILABLE || pg_is_broken(connection);

    pg_clear(connection);
    if (!lost && pg_ask(connection, "ROLLBACK", NULL) == NULL)
        lost = true;
    pg_clear(connection);
    if (lost)
        pg_disconnect(connection);
}

static bool transact(struct pg_batch *batch)
{
    news_clear(&batch->writer->news);
    return look(batch) && load(batch) && run(batch) && commit(batch);
}

/* What the transaction failed by: the connection's problem, or that of the call that spoilt it. */
static enum problem reason_of(const struct pg_batch *batch, struct err *ret_err)
{
    if (batch->outcome == COMMIT_UNKNOWN) {
        err_set(ret_err, "The database was lost in the middle of a COMMIT, and did not come back.");
        return PROBLEM_OUTCOME_UNKNOWN;
    }
    if (batch->outcome == COMMIT_UNDONE) {
        err_set(ret_err, "The database was lost in the middle of a transaction.");
        return PROBLEM_STORE_UNAVAILABLE;
    }
    if (batch->connection->problem != PROBLEM_NONE) {
        *ret_err = batch->connection->err;
        return batch->connection->problem;
    }
    for (const struct store_call *call = batch->calls.first; call != NULL; call = call->next)
        if (call->problem == PROBLEM_INTERNAL || call->problem == PROBLEM_STORE_UNAVAILABLE) {
            *ret_err = call->err;
            return call->problem;
        }
    return problem_no_memory(ret_err);
}

static bool connect(struct pg_batch *batch, enum problem *ret_problem, struct err *ret_err)
{
    struct pg_writer *writer = batch->writer;

    if (!pg_is_broken(batch->connection))
        return true;
    pg_disconnect(batch->connection);
    *ret_problem = reach_connect(writer->store, batch->connection, ret_err);
    if (*ret_problem != PROBLEM_NONE)
        return false;
    writer->reconnected = writer->connected;
    writer->connected = true;
    return true;
}

/* *ret_lost: the connection was, and nothing was changed. */
static bool attempt_once(struct pg_batch *batch, enum problem *ret_problem, struct err *ret_err,
                         bool *ret_lost)
{
    *ret_lost = false;
    if (!make_steps(batch)) {
        *ret_problem = problem_no_memory(ret_err);
        return false;
    }
    if (!connect(batch, ret_problem, ret_err))
        return false;
    if (transact(batch))
        return true;
    *ret_problem = reason_of(batch, ret_err);
    *ret_lost = batch->outcome == COMMIT_UNDONE ||
                (batch->outcome == COMMIT_ANSWERED && pg_is_broken(batch->connection));
    roll_back(batch);
    return false;
}

static void begin_again(struct pg_batch *batch)
{
    struct call_list calls = batch->calls;
    size_t claims = batch->claims;

    arena_release(&batch->arena);
    batch_init(batch, batch->writer);
    batch->calls = calls;
    batch->claims = claims;
    for (struct store_call *call = calls.first; call != NULL; call = call->next)
        call->err.text[0] = '\0';
}

/* A connection that was lost, by a restart or while it was idle, is no reason to fail at once. */
static bool attempt(struct pg_batch *batch, enum problem *ret_problem, struct err *ret_err)
{
    bool lost;

    if (attempt_once(batch, ret_problem, ret_err, &lost))
        return true;
    if (!lost)
        return false;
    begin_again(batch);
    return attempt_once(batch, ret_problem, ret_err, &lost);
}

/* Each call in a transaction of its own, when it is not known which one is at fault. */
static void run_alone(struct pg_writer *writer, struct store_call *call)
{
    enum problem problem;
    struct pg_batch batch;
    struct err err = {0};

    batch_init(&batch, writer);
    call->err.text[0] = '\0';
    call_list_add(&batch.calls, call);
    batch.claims = claimed_by(call);
    if (attempt(&batch, &problem, &err))
        succeeded(&batch);
    else
        fail_all(&batch, problem, &err);
    arena_release(&batch.arena);
}

static void run_each(struct pg_batch *batch)
{
    struct store_call *call = batch->calls.first;

    while (call != NULL) {
        struct store_call *next = call->next;
        run_alone(batch->writer, call);
        call = next;
    }
}

void pg_batch_run(struct pg_writer *writer)
{
    enum problem problem;
    struct pg_batch batch;
    struct err err = {0};

    batch_init(&batch, writer);
    take(&batch);
    if (attempt(&batch, &problem, &err))
        succeeded(&batch);
    else if (problem == PROBLEM_STORE_UNAVAILABLE || problem == PROBLEM_OUTCOME_UNKNOWN ||
             batch.calls.count == 1)
        fail_all(&batch, problem, &err);
    else
        run_each(&batch);
    arena_release(&batch.arena);
}

enum problem pg_batch_row(const struct pg_batch *batch, int64_t position, struct pg_held **ret_held,
                          struct err *err)
{
    struct pg_held *held = rows_at(&batch->rows, position);

    if (held == NULL || !held->found)
        return PROBLEM_JOB_NOT_FOUND;
    if (held->damaged) {
        *err = held->err;
        return PROBLEM_INTERNAL;
    }
    *ret_held = held;
    return PROBLEM_NONE;
}

enum problem pg_batch_row_of(const struct pg_batch *batch, const struct uuid *id,
                             struct pg_held **ret_held, struct err *err)
{
    int64_t position;
    enum problem problem = PROBLEM_JOB_NOT_FOUND;

    if (uuid_position(id, &position))
        problem = pg_batch_row(batch, position, ret_held, err);
    if (problem == PROBLEM_NONE && !uuid_eq(&(*ret_held)->job.id, id))
        problem = PROBLEM_JOB_NOT_FOUND;
    return problem;
}

/* The mutator's texts may live shorter than the batch. */
static bool keep_text(struct arena *arena, struct span before, struct span *text)
{
    if (text->ptr == before.ptr && text->len == before.len)
        return true;
    *text = text->len > 0 ? arena_span(arena, *text) : (struct span){"", 0};
    return text->ptr != NULL;
}

bool pg_batch_keep(struct pg_batch *batch, struct pg_held *held, const struct hold *after,
                   bool job_changed, struct store_call *call)
{
    struct job before = held->job, job = *after->job;
    struct lease lease = *after->lease;
    struct hold kept = {&held->job, &held->lease, after->now};

    job.position = before.position;
    job.id = before.id;
    job.name = before.name;
    job.type = before.type;
    job.user = before.user;
    job.created_by = before.created_by;
    if (!keep_text(&batch->arena, before.message, &job.message) ||
        !keep_text(&batch->arena, held->lease.worker, &lease.worker)) {
        call->problem = problem_no_memory(&call->err);
        return false;
    }
    if (job_changed) {
        job.change = after->job->change = ++batch->change;
        held->changed = true;
        batch->writer->changed++;
    }
    held->job = job;
    held->lease = lease;
    if (news_of_job(&batch->writer->news, &before, &kept) &&
        (!job_changed || (pg_ended_note(&batch->ended, &batch->arena, &before, &held->job) &&
                          news_of_change(&batch->writer->news, job.position, job.change))))
        return true;
    call->problem = problem_no_memory(&call->err);
    return false;
}
