/* The store: keeps jobs and accounts, is asked asynchronously, and answers after the commit. */
#ifndef JOBD_STORE_STORE_H
#define JOBD_STORE_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"
#include "model/account.h"
#include "model/claim.h"
#include "model/cursor.h"
#include "model/draft.h"
#include "model/hold.h"
#include "model/job.h"
#include "model/output.h"
#include "model/problem.h"
#include "model/query.h"
#include "model/session.h"
#include "model/statistics.h"
#include "model/summary.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A call is embedded in the structure of its operation below, which the caller owns and keeps alive
 * until `done`. `done` is called exactly once for each submitted call, on any thread, possibly
 * before the submitting function returns (reads of an embedded store are answered at once). In
 * `done` only look at the outcome and wake somebody: the writer waits for it. Outputs are valid
 * when problem is PROBLEM_NONE; their texts live in the arena given. A call that fails has changed
 * nothing, but for OUTCOME_UNKNOWN.
 *
 * Problems every operation may end with: STORE_UNAVAILABLE (disk full, I/O error, no database,
 * closing), NO_MEMORY, INTERNAL (a corrupt row). One that writes to a database elsewhere may also
 * end with OUTCOME_UNKNOWN: the connection broke in the middle of the COMMIT, and the database did
 * not come back soon enough to be asked.
 */
struct store_call {
    void (*done)(struct store_call *call);
    enum problem problem;
    struct err err;
    void *context; /* the caller's own */
    struct store_call *next; /* the store's own */
    int operation; /* the store's own */
};

/* Reads one job. JOB_NOT_FOUND. */
struct store_get {
    struct store_call call;
    struct uuid id;
    struct arena *arena;
    struct job job;
};

/* Reads one job, its lease and how much output it wrote, as of one moment, which is `now` by the
 * store's clocks; the lease is all zero when the job was never granted. JOB_NOT_FOUND. */
struct store_detail {
    struct store_call call;
    struct uuid id;
    struct arena *arena;
    struct job job;
    struct lease lease;
    int64_t output_size; /* of the stream, whatever of it is kept */
    struct moment now;
};

/*
 * Reads a page: at most query->page_size jobs behind `after` (NULL: from the start), and whether
 * there are more. What only workers need of a job is left unread (run_after, priority, attempt,
 * max_attempts): get it by its id for that.
 */
struct store_find {
    struct store_call call;
    const struct query *query;
    const struct cursor *after;
    struct arena *arena;
    const struct job **jobs;
    size_t count;
    bool more;
};

/*
 * Counts the jobs of each state, and the held leases whose last progress is at `stalled_until` or
 * before, all at the same moment. Each count is exact up to SUMMARY_COUNT_MAX; what is above it
 * only says that there are more. The cost is bounded by that, however many jobs there are.
 */
struct store_summary {
    struct store_call call;
    int64_t stalled_until; /* wall clock */
    struct summary summary;
};

/*
 * Reads how jobs ended within statistics.window, which is one of statistics_window for about now;
 * the series are in `arena`. A job counts once, at its endDate and as it ended then, whatever is
 * done to it later; one that was deleted before its end counts as aborted. The cost is bounded by
 * the steps of a window, not by the jobs. For that, where jobs of very many types end within one
 * bucket (50 and more), those types that come late in it may be counted among the others.
 */
struct store_statistics {
    struct store_call call;
    struct arena *arena;
    struct statistics statistics;
};

/* Where a lease stands in the order of their last progress; equal ones by their job's position. */
struct lease_place {
    int64_t progress_on;
    int64_t position;
};

/* A job with its lease, which is held. */
struct held_job {
    struct job job;
    struct lease lease;
};

/*
 * Reads the held leases behind `after` whose last progress is at `until` or before, in the order of
 * lease_place, at most `limit`: with until = now - the time a worker may be without progress, those
 * that are stalled. Who comes again with the next `until`, and with the last `until` and INT64_MAX
 * as `after`, is told of each lease as it becomes stalled, once: progress is dated with the time it
 * is made, so no lease turns up in a window that is over. (Where the wall clock is set back, some
 * may do, and are not told of.) When count is `limit` there may be more behind the last one. Costs
 * what it returns.
 */
struct store_stalled {
    struct store_call call;
    struct lease_place after; /* all zero: from the start */
    int64_t until; /* wall clock */
    size_t limit;
    struct arena *arena;
    struct held_job *jobs;
    size_t count;
};

/*
 * Reads what changed behind a change number: each job whose last write has a greater one, by that
 * number, at most `limit`, as it is now. A job that changes meanwhile leaves its place and comes
 * again at its new one, so who goes on behind the last job read misses none; it has all once that
 * is `last`, the greatest number of the same moment (0: there is no job), below which none will
 * appear any more.
 */
struct store_changes {
    struct store_call call;
    int64_t after;
    size_t limit;
    struct arena *arena;
    struct job *jobs;
    size_t count;
    int64_t last;
};

/*
 * Creates jobs from drafts, in order, all or none, and assigns positions (strictly rising), ids and
 * change numbers. With a key, a second create by the same account under the same key within 24
 * hours creates nothing: with the same digest it yields the jobs as they were created the first
 * time (`replayed`), with another digest IDEMPOTENCY_KEY_REUSED.
 */
struct store_create {
    struct store_call call;
    const struct draft *drafts;
    size_t count;
    struct span key; /* empty: none */
    struct uuid key_account;
    uint8_t key_digest[32];
    struct arena *arena;
    struct job *jobs; /* `count` of them; texts borrowed from the drafts */
    bool replayed;
};

/*
 * Loads a job and its lease, lets `mutate` change them inside the transaction, and stores what
 * differs: the job with the next change number if *ret_changed, the lease by itself whenever it is
 * another. `mutate` is pure but for its context, may run more than once (each time on a freshly
 * loaded job) and on any thread; hold->now is the store's clocks, wall and lease. Its problem
 * becomes the call's, and nothing is stored. `job`, `lease` and `now` are the outcome, changed or
 * not; on a problem of the mutator they are as loaded. JOB_NOT_FOUND without calling it. Position,
 * id, name, type, user and created_by never change, whatever `mutate` does to them.
 *
 * `then`: NULL, or a claim that is made in the same transaction once the update succeeded, and not
 * at all when it failed; never of the same job. Its own call.problem, valid when the update has
 * none, says what became of it: one that fails leaves the update done. Its `done` is not called.
 */
struct store_update {
    struct store_call call;
    struct uuid id;
    enum problem (*mutate)(void *context, const struct hold *hold, bool *ret_changed,
                           struct err *err);
    void *context;
    struct store_claim *then;
    struct arena *arena;
    struct job job;
    struct lease lease;
    struct moment now;
};

/*
 * Appends to a job's output what output_fresh finds new in `bytes`, when `check` (as `mutate` of an
 * update, but changing nothing) allows it. That is no change of the job. `size` is the stream's
 * afterwards, and also set on CONFLICT: there would be a hole. JOB_NOT_FOUND without calling it.
 */
struct store_append {
    struct store_call call;
    struct uuid id;
    enum problem (*check)(void *context, const struct hold *hold, struct err *err);
    void *context;
    int64_t offset;
    struct span bytes; /* at most OUTPUT_APPEND_MAX */
    struct arena *arena;
    int64_t size;
};

/* Reads what output_view says from `offset` on. JOB_NOT_FOUND. */
struct store_output {
    struct store_call call;
    struct uuid id;
    int64_t offset;
    struct arena *arena;
    struct output output;
};

/*
 * Grants waiting jobs of the claim's types to its worker, up to claim->max, by priority and then
 * age: what job_is_claimable says, moved by hold_claim. count 0: none is ready. With a request id,
 * the same account's same id within ten minutes grants nothing new: it yields those of its jobs
 * that are still held under the fence they were granted with.
 */
struct store_claim {
    struct store_call call;
    const struct claim *claim;
    struct arena *arena;
    struct grant *grants; /* out; NULL before: room is taken from the arena, once for all askings */
    size_t count;
    int64_t passed_over; /* the store's own: the position of a job that is not granted; 0: none */
};

/*
 * One step of the housekeeping of time: expires leases that are due (hold_expire), makes delayed
 * jobs ready whose time has come, and deletes sessions that are over, at most `limit` of all. A
 * lease that ran out while no daemon looked is first extended to its own length from the opening of
 * the store, or from when its database came back. `more`: there is more to do now; `next_ms` says
 * in how many milliseconds to come again otherwise (bounded by 60,000), sooner if something is
 * granted or delayed meanwhile (observer->due).
 */
struct store_reap {
    struct store_call call;
    size_t limit;
    size_t expired, readied, sessions;
    bool more;
    int64_t next_ms;
};

/*
 * Told after commits and before the calls in them are answered: quickly, from any thread, never
 * submitting a call that may block. Members may be NULL.
 */
struct store_observer {
    void *context;
    /* A job of this type may be claimed now; once for each job, `type` lives for the call only. */
    void (*ready)(void *context, struct span type);
    /* Something will be due in `in_ms` from now (60,000 at most: look again then), sooner than the
     * last reap said. */
    void (*due)(void *context, int64_t in_ms);
    /* The job at this position was created, or written under this change number; 0: its output
     * alone has grown. */
    void (*changed)(void *context, int64_t position, int64_t change);
    /* Anything may have happened unheard, with a database that others write to as well: whoever
     * waits for any of the above asks again. */
    void (*missed)(void *context);
    struct store_observer *next; /* the store's own */
};

/* Reads every account (there are thousands at most), sorted by name, and the accounts' change
 * number as of the same moment. */
struct store_accounts {
    struct store_call call;
    struct arena *arena;
    struct account *accounts;
    size_t count;
    int64_t version;
};

/* What to do with one account. */
enum account_action {
    ACCOUNT_ADD, /* CONFLICT when the name is taken; assigns id and created_on when they are zero */
    ACCOUNT_CHANGE, /* by name: what `members` says as given, the rest stays as it is stored;
                       INVALID_REQUEST when there is none */
    ACCOUNT_DELETE, /* by name; the jobs keep the id. INVALID_REQUEST when there is none */
};
struct store_account {
    struct store_call call;
    enum account_action action;
    unsigned members; /* of enum account_member; for ACCOUNT_CHANGE only */
    struct account account; /* in, and out as it is stored then */
};

/* Looks a session up by session.token, and fills in the rest. NOT_AUTHENTICATED when there is none
 * or its time is over. */
struct store_session_get {
    struct store_call call;
    struct session session;
};

/* Which of these sessions are there, their time not over: many in one look, by their tokens. */
struct store_sessions {
    struct store_call call;
    const uint8_t (*tokens)[DIGEST_SIZE];
    size_t count;
    bool *ret_there; /* one for each */
};

/* What to do with one session. */
enum session_action {
    SESSION_ADD, /* the oldest of the same account go beyond `keep`, never this one */
    SESSION_DELETE, /* by session.token; none is there: fine */
};
struct store_session {
    struct store_call call;
    enum session_action action;
    size_t keep; /* for SESSION_ADD; at least 1 */
    struct session session;
};

/*
 * Asks whether the store accepts writes, for readiness: answered at once, on the caller's thread,
 * when the last write succeeded; else something that means nothing is written, and those that ask
 * meanwhile share its commit.
 */
struct store_probe {
    struct store_call call;
};

/*
 * Reads records of one kind behind the key of `after` (NULL: from the first one on), in the order
 * of their keys, at most `limit`; with `last`, only the one with the greatest key. `total` is how
 * many there are where `limit` is 0, and left alone otherwise.
 */
struct store_export {
    struct store_call call;
    enum record_kind kind;
    const struct record *after;
    size_t limit;
    bool last;
    struct arena *arena;
    struct record *records;
    size_t count;
    int64_t total;
};

/*
 * A step of becoming a copy of another store, for one that was opened for moving. From the first
 * one on the store counts as unfinished, and has no indexes but those of its keys, until IMPORT_END
 * is done. Nobody is told of what is imported.
 */
enum import_step {
    IMPORT_ROWS, /* adds records of one kind, all or none; one whose key is there already is left
                    as it is */
    IMPORT_INDEX, /* makes one of the other indexes */
    IMPORT_END, /* the copy is whole */
};
struct store_import {
    struct store_call call;
    enum import_step step;
    const uint8_t *source; /* IMPORT_ROWS: DIGEST_SIZE bytes that stand for the other store */
    enum record_kind kind;
    const struct record *records;
    size_t count;
    int64_t left; /* out, IMPORT_INDEX: how many there were still to make, this one included */
};

struct store;

/* What a backend is: every member is called through the functions below, whose promises it keeps.
 */
struct store_ops {
    void (*get)(struct store *store, struct store_get *get);
    void (*detail)(struct store *store, struct store_detail *detail);
    void (*find)(struct store *store, struct store_find *find);
    void (*summary)(struct store *store, struct store_summary *summary);
    void (*statistics)(struct store *store, struct store_statistics *statistics);
    void (*stalled)(struct store *store, struct store_stalled *stalled);
    void (*changes)(struct store *store, struct store_changes *changes);
    void (*accounts)(struct store *store, struct store_accounts *accounts);
    void (*create)(struct store *store, struct store_create *create);
    void (*update)(struct store *store, struct store_update *update);
    void (*account)(struct store *store, struct store_account *account);
    void (*append)(struct store *store, struct store_append *append);
    void (*output)(struct store *store, struct store_output *output);
    void (*claim)(struct store *store, struct store_claim *claim);
    void (*reap)(struct store *store, struct store_reap *reap);
    void (*session_get)(struct store *store, struct store_session_get *get);
    void (*sessions)(struct store *store, struct store_sessions *sessions);
    void (*session)(struct store *store, struct store_session *session);
    void (*probe)(struct store *store, struct store_probe *probe);
    void (*export)(struct store *store, struct store_export *export);
    void (*import)(struct store *store, struct store_import *import);
    void (*observe)(struct store *store, struct store_observer *observer);
    void (*unobserve)(struct store *store, struct store_observer *observer);
    int64_t (*accounts_version)(struct store *store);
    void (*close)(struct store *store);
};

/* The head of every backend's own structure. Immutable after opening. */
struct store {
    const struct store_ops *ops;
    const struct clock *clock;
    uint8_t cursor_key[CURSOR_KEY_SIZE]; /* random, kept with the data: cursors outlive a restart */
    bool unfinished; /* the copy of another store, which is not whole yet: */
    uint8_t source[DIGEST_SIZE]; /* what stands for that one */
};

struct store_options {
    const struct clock *clock; /* NULL: the system's */
    bool daemon; /* takes the daemon's lock and runs the background indexer; false for short
                    administrative use beside a daemon */
    bool move; /* for store_export and store_import: takes the store for itself alone, and opens
                  an unfinished one, too, which others refuse */
};

/*
 * Opens `sqlite:PATH`, `postgresql://…` (as libpq takes it; several daemons may share it) or
 * `memory:` (nothing is kept; a reference for tests and trials). Creates what is missing and
 * migrates an older schema; refuses a newer one, a second daemon on SQLite, any daemon while the
 * store is moved, and one that was moved into only in part, saying so. False with a sentence in
 * `err` otherwise. Thread-safe from then on.
 */
bool store_open(const char *url, const struct store_options *options, struct store **ret_store,
                struct err *err);

/* The URL without what may be secret in it (user, password, options), for logs. */
#define STORE_NAME_SIZE 256
void store_name(const char *url, char ret_name[static STORE_NAME_SIZE]);

/* Answers everything still submitted, commits and closes. No call may be submitted any more. NULL
 * is fine. */
void store_close(struct store *store);

/* Each submits a call; see the structures above. Any thread. */
void store_get(struct store *store, struct store_get *get);
void store_detail(struct store *store, struct store_detail *detail);
void store_find(struct store *store, struct store_find *find);
void store_summary(struct store *store, struct store_summary *summary);
void store_statistics(struct store *store, struct store_statistics *statistics);
void store_stalled(struct store *store, struct store_stalled *stalled);
void store_changes(struct store *store, struct store_changes *changes);
void store_accounts(struct store *store, struct store_accounts *accounts);
void store_create(struct store *store, struct store_create *create);
void store_update(struct store *store, struct store_update *update);
void store_account(struct store *store, struct store_account *account);
void store_append(struct store *store, struct store_append *append);
void store_output(struct store *store, struct store_output *output);
void store_claim(struct store *store, struct store_claim *claim);
void store_reap(struct store *store, struct store_reap *reap);
void store_session_get(struct store *store, struct store_session_get *get);
void store_sessions(struct store *store, struct store_sessions *sessions);
void store_session(struct store *store, struct store_session *session);
void store_probe(struct store *store, struct store_probe *probe);
void store_export(struct store *store, struct store_export *export);
void store_import(struct store *store, struct store_import *import);

/* From now on the observer, which is borrowed, is told too, until store_unobserve returns. */
void store_observe(struct store *store, struct store_observer *observer);
void store_unobserve(struct store *store, struct store_observer *observer);

/*
 * A number that changes whenever an account does, also by another process; cheap enough to ask
 * every second. -1 when it cannot be read now. Blocks for a read at most.
 */
int64_t store_accounts_version(struct store *store);

/*
 * For callers that may block (the command line, start-up, tests): set `done` to store_wait_done,
 * submit, then store_wait returns when it has been called. Usage: STORE_WAIT(store_get, store,
 * &get).
 */
#define STORE_WAIT(submit, store, operation)                                                       \
    do {                                                                                           \
        struct store_waiter waiter_;                                                               \
        store_waiter_init(&waiter_, &(operation)->call);                                           \
        submit((store), (operation));                                                              \
        store_waiter_wait(&waiter_);                                                               \
    } while (0)

struct store_waiter {
    _Atomic int finished;
};
/* Sets done and context of the call. */
void store_waiter_init(struct store_waiter *waiter, struct store_call *call);
void store_waiter_wait(struct store_waiter *waiter);

#endif
