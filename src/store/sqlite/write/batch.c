/* Batches: begin, run each call, commit, answer; or undo and answer that nothing was changed. */
#include "store/sqlite/write/batch.h"

#include "base/metrics.h"
#include "base/scope.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/state.h"
#include "store/sqlite/wal.h"
#include "store/sqlite/write/index.h"
#include "store/sqlite/write/write.h"

#include <assert.h>

/* One transaction. */
struct batch {
    struct call_list calls; /* what is in it */
    int64_t position, change, lease_time; /* the writer's counters when it began */
    int64_t changes; /* SQLite's count of changed rows when it began */
    int64_t began_ns, performed_ns; /* by the monotonic clock */
    bool wrote; /* once committed: something */
};

static bool step(struct writer *writer, const char *sql)
{
    int64_t ignored;

    return connection_number(writer->connection, sql, &ignored);
}

static bool data_version(struct writer *writer, int64_t *ret_version)
{
    return connection_number(writer->connection, "PRAGMA data_version", ret_version);
}

/* Nothing is ever deleted from `job`, so its greatest numbers are the last ones that were given. */
bool batch_load_counters(struct writer *writer)
{
    return data_version(writer, &writer->data_version) &&
           connection_number(writer->connection, "SELECT max(position) FROM job",
                             &writer->position) &&
           connection_number(writer->connection, "SELECT max(change) FROM job", &writer->change) &&
           sqlite_lease_time(writer->connection, &writer->lease_time);
}

/* The counters are known from the last transaction, unless another process wrote since. */
static bool refresh_counters(struct writer *writer)
{
    int64_t version;

    if (!data_version(writer, &version))
        return false;
    return version == writer->data_version || batch_load_counters(writer);
}

/*
 * Waits for another process's transaction as long as the connection's busy timeout says. A
 * transaction that begins with the write lock cannot be refused it later.
 */
static bool begin(struct writer *writer, struct batch *batch)
{
    if (!step(writer, "BEGIN IMMEDIATE"))
        return false;
    batch->changes = sqlite3_total_changes64(writer->connection->db);
    writer->keys_stored = 0;
    writer->created = 0;
    news_clear(&writer->news);
    ended_clear(writer);
    if (!refresh_counters(writer))
        return false;
    batch->position = writer->position;
    batch->change = writer->change;
    batch->lease_time = writer->lease_time;
    return true;
}

/*
 * Undoes everything, also what is only known in memory. SQLite has rolled back by itself already
 * after some errors, of a full disk for example.
 */
static void undo(struct writer *writer, const struct batch *batch)
{
    if (!sqlite3_get_autocommit(writer->connection->db))
        step(writer, "ROLLBACK");
    dictionary_release(&writer->connection->dictionary);
    writer->position = batch->position;
    writer->change = batch->change;
    writer->lease_time = batch->lease_time;
    writer->keys_stored = 0;
    writer->created = 0;
}

/* The connection syncs each commit, as gathering needs. */
static bool commit_synced(struct writer *writer)
{
    bool done;

    log_file_gather(writer->connection->db, true);
    done = step(writer, "COMMIT");
    log_file_gather(writer->connection->db, false);
    return done;
}

static bool commit(struct writer *writer, struct batch *batch)
{
    batch->wrote = sqlite3_total_changes64(writer->connection->db) != batch->changes;

    if (!ended_flush(writer) || !commit_synced(writer))
        return false;
    if (!batch->wrote)
        return true;
    metric_add(METRIC_STORE_COMMITS, 1);
    metric_add(METRIC_STORE_WRITES, (int64_t)batch->calls.count);
    index_committed(writer);
    atomic_store(&writer->failed, false);
    observed_tell(&writer->store->observed, &writer->news, write_moment(writer));
    return true;
}

/* False when the transaction is spoilt; the call says why. */
static bool perform(struct writer *writer, struct store_call *call)
{
    switch ((enum write_operation)call->operation) {
    case WRITE_CREATE:
        return write_create(writer, CONTAINER_OF(call, struct store_create, call));
    case WRITE_UPDATE:
        return write_update(writer, CONTAINER_OF(call, struct store_update, call));
    case WRITE_ACCOUNT:
        return write_account(writer, CONTAINER_OF(call, struct store_account, call));
    case WRITE_APPEND:
        return write_append(writer, CONTAINER_OF(call, struct store_append, call));
    case WRITE_CLAIM:
        return write_claim(writer, CONTAINER_OF(call, struct store_claim, call));
    case WRITE_REAP:
        return write_reap(writer, CONTAINER_OF(call, struct store_reap, call));
    case WRITE_SESSION:
        return write_session(writer, CONTAINER_OF(call, struct store_session, call));
    case WRITE_IMPORT:
        return write_import(writer, CONTAINER_OF(call, struct store_import, call));
    case WRITE_PROBE:
        return write_probe(writer, CONTAINER_OF(call, struct store_probe, call));
    }
    assert(false);
    return false;
}

static void answer(struct writer *writer, struct batch *batch)
{
    call_queue_served(&writer->queue, batch->calls.count);
    call_list_answer(&batch->calls);
}

/* The same problem for all, whatever each had found: it may have seen what never became true. */
static void answer_all(struct writer *writer, struct batch *batch, enum problem problem,
                       const struct err *err)
{
    for (struct store_call *call = batch->calls.first; call != NULL; call = call->next) {
        call->problem = problem;
        call->err = *err;
    }
    answer(writer, batch);
}

/* What is to be said when the connection itself failed. */
static void fail(struct writer *writer, struct batch *batch, enum problem problem,
                 const struct err *err)
{
    metric_add(METRIC_STORE_FAILURES, 1);
    if (problem == PROBLEM_STORE_UNAVAILABLE)
        atomic_store(&writer->failed, true);
    answer_all(writer, batch, problem, err);
}

/* The error is read before undoing replaces it. */
static void fail_begin(struct writer *writer, struct batch *batch)
{
    struct err err;
    enum problem problem = sqlite_problem(writer->connection->db, &err);

    if (!sqlite3_get_autocommit(writer->connection->db))
        step(writer, "ROLLBACK");
    fail(writer, batch, problem, &err);
}

static void fail_commit(struct writer *writer, struct batch *batch)
{
    struct err err;
    enum problem problem = sqlite_problem(writer->connection->db, &err);

    undo(writer, batch);
    wal_drop_tail(writer->connection->db);
    fail(writer, batch, problem, &err);
}

/* One call in a transaction of its own, when it is not known which one of a batch is at fault. */
static void run_alone(struct writer *writer, struct store_call *call)
{
    struct batch batch = {0};

    call->err.text[0] = '\0';
    call_list_add(&batch.calls, call);
    if (!begin(writer, &batch)) {
        fail_begin(writer, &batch);
    } else if (!perform(writer, call)) {
        struct err err = call->err;
        undo(writer, &batch);
        fail(writer, &batch, call->problem, &err);
    } else if (!commit(writer, &batch)) {
        fail_commit(writer, &batch);
    } else {
        answer(writer, &batch);
    }
}

/* The store cannot write: nobody's fault. Otherwise the others shall not pay for one. */
static void spoilt(struct writer *writer, struct batch *batch, const struct store_call *culprit)
{
    struct err err = culprit->err;
    struct store_call *call = batch->calls.first;

    undo(writer, batch);
    if (culprit->problem == PROBLEM_STORE_UNAVAILABLE) {
        fail(writer, batch, PROBLEM_STORE_UNAVAILABLE, &err);
        return;
    }
    while (call != NULL) {
        struct store_call *next = call->next;
        run_alone(writer, call);
        call = next;
    }
}

static bool full(const struct writer *writer, const struct batch *batch)
{
    return batch->calls.count >= BATCH_CALLS_MAX ||
           call_queue_full(&writer->queue, batch->calls.count) ||
           clock_mono_ns(&clock_system) - batch->began_ns >= BATCH_NS_MAX;
}

/* Takes calls until there are none or it is time to commit; the culprit where one spoils it. */
static struct store_call *perform_all(struct writer *writer, struct batch *batch)
{
    struct store_call *call;

    batch->began_ns = clock_mono_ns(&clock_system);
    do {
        call = call_queue_next(&writer->queue);
        if (call == NULL)
            return NULL;
        call_list_add(&batch->calls, call);
        if (!perform(writer, call))
            return call;
    } while (!full(writer, batch));
    return NULL;
}

/* Who waits while nothing can begin is answered too. */
static void take_all(struct writer *writer, struct batch *batch)
{
    struct store_call *call;

    while (batch->calls.count < BATCH_CALLS_MAX && (call = call_queue_next(&writer->queue)) != NULL)
        call_list_add(&batch->calls, call);
}

/*
 * What the batch took decides how the next ones are cut. A commit of nothing is not synced, and so
 * says nothing of what one costs.
 */
static void learn(struct writer *writer, const struct batch *batch)
{
    int64_t performing = batch->performed_ns - batch->began_ns;

    if (!batch->wrote)
        return;
    assert(batch->calls.count > 0);
    call_queue_learn(&writer->queue, performing / (int64_t)batch->calls.count,
                     clock_mono_ns(&clock_system) - batch->performed_ns);
}

static void answer_batch(struct writer *writer, struct batch *batch)
{
    call_queue_served(&writer->queue, batch->calls.count);
    learn(writer, batch);
    call_list_answer(&batch->calls);
}

void batch_run(struct writer *writer)
{
    struct batch batch = {0};
    struct store_call *culprit;

    if (!begin(writer, &batch)) {
        take_all(writer, &batch);
        fail_begin(writer, &batch);
        return;
    }
    culprit = perform_all(writer, &batch);
    batch.performed_ns = clock_mono_ns(&clock_system);
    if (culprit != NULL)
        spoilt(writer, &batch, culprit);
    else if (commit(writer, &batch))
        answer_batch(writer, &batch);
    else
        fail_commit(writer, &batch);
}
