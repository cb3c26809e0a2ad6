/* Batches: calls that share a transaction in two or three round trips, whatever their number. */
#ifndef JOBD_STORE_POSTGRES_WRITE_BATCH_H
#define JOBD_STORE_POSTGRES_WRITE_BATCH_H

#include "base/arena.h"
#include "store/postgres/rows.h"
#include "store/postgres/write/ended.h"
#include "store/postgres/write/outcome.h"
#include "store/postgres/write/writer.h"

#include <stdbool.h>

/* A transaction ends after so many calls, and after claims of so many jobs. */
#define BATCH_CALLS_MAX 512
#define BATCH_CLAIMS_MAX 1000

/*
 * One transaction. Its calls go through three steps together, each step one round trip:
 *
 *   look     takes the right to write and asks for what says which jobs are meant
 *   load     loads those jobs (without a round trip where there are none)
 *   do       changes them in memory, one call after the other, and sends what differs, with COMMIT
 *
 * The right to write is an advisory lock, so daemons commit one after the other: positions and
 * change numbers become visible in their order. Without it nothing is read that is then changed.
 */
struct pg_batch {
    struct pg_writer *writer;
    struct pg_connection *connection;
    struct arena arena;
    struct call_list calls; /* as they came */
    struct pg_step *first, *last; /* the same, with what each has looked up */
    size_t claims; /* how many jobs its claims may take */
    struct moment now;
    int64_t position, change; /* the last ones given */
    int64_t lease_time; /* as it was kept */
    bool wrote; /* anything at all */
    enum commit_outcome outcome; /* of its COMMIT, if that was not answered */
    struct pg_rows rows;
    struct pg_ended ended; /* what ends in it */
    size_t candidates; /* the number of the statement that looks for waiting jobs */
    struct pg_candidate *waiting; /* those found, a type after the other, the next one first */
    size_t waiting_count;
};

/* A job that may be claimed, as the index knows it. */
struct pg_candidate {
    struct span type;
    int64_t priority, position;
    bool taken;
};

/* A job a claim's request id stands for. */
struct pg_granted {
    int64_t position, fence;
};

/* A call on its way. */
struct pg_step {
    struct store_call *call;
    struct pg_step *next;
    size_t look; /* the number of its first statement in the first round */
    /* What was found, by operation. */
    struct { /* WRITE_CREATE with a key */
        bool known, same_digest;
        int64_t position, change;
        size_t count;
        const struct uuid *ids;
    } key;
    struct { /* a claim with a request id */
        struct pg_granted *granted;
        size_t count;
    } request;
    struct { /* WRITE_REAP */
        struct pg_granted *leases, *delays; /* `fence` is when it is due */
        size_t lease_count, delay_count;
        int64_t *sessions;
        size_t session_count;
    } due;
};

/* The claim that a call is, or that hangs on an update; NULL: it claims nothing. */
struct store_claim *pg_call_claim(struct store_call *call);

/* Runs waiting calls in one transaction and answers them; there is at least one. */
void pg_batch_run(struct pg_writer *writer);

/*
 * What each operation does in each of the steps. `look` sends statements, `load` reads their
 * answers and wants rows: false without memory. `run` sets the call's problem and outputs, which
 * count once the transaction is committed; false: the transaction is spoilt, and the call's problem
 * or the connection's says why.
 */
struct pg_operation {
    void (*look)(struct pg_batch *batch, struct pg_step *step);
    bool (*load)(struct pg_batch *batch, struct pg_step *step);
    bool (*run)(struct pg_batch *batch, struct pg_step *step);
};
extern const struct pg_operation pg_create_operation, pg_update_operation, pg_account_operation,
    pg_append_operation, pg_claim_operation, pg_reap_operation, pg_probe_operation,
    pg_session_operation, pg_import_operation;

/* The loaded row at a position; JOB_NOT_FOUND, or what is wrong with the row. */
enum problem pg_batch_row(const struct pg_batch *batch, int64_t position, struct pg_held **ret_held,
                          struct err *err);

/* The same by the id. */
enum problem pg_batch_row_of(const struct pg_batch *batch, const struct uuid *id,
                             struct pg_held **ret_held, struct err *err);

/*
 * Keeps what became of a row: its job under the next change number if it changed, and the news.
 * Texts that are new are copied. False without memory, with the call's problem set.
 */
bool pg_batch_keep(struct pg_batch *batch, struct pg_held *held, const struct hold *after,
                   bool job_changed, struct store_call *call);

/* Asks for the candidates of all claims of the batch, in the first round; and reads them. */
bool pg_claim_look_all(struct pg_batch *batch);
bool pg_claim_load_all(struct pg_batch *batch);

#endif
