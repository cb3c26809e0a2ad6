/* The SQLite store as a whole, and the calls it answers on the caller's thread. */
#ifndef JOBD_STORE_SQLITE_STATE_H
#define JOBD_STORE_SQLITE_STATE_H

#include "store/lease_clock.h"
#include "store/news.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/pool.h"
#include "store/sqlite/write/writer.h"
#include "store/store.h"

#include <limits.h>

struct sqlite_store {
    struct store store;
    char path[PATH_MAX]; /* absolute, without symbolic links */
    int lock_fd; /* of the daemon's lock; -1: none */
    struct lease_clock lease_clock;
    struct observed observed;
    struct pool pool;
    struct checkpointer checkpointer;
    struct writer writer;
};

static inline struct sqlite_store *sqlite_store_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/*
 * Answers a call by what `read` finds, on a reader of its own; the error that goes with a problem
 * is the call's.
 */
void sqlite_read(struct store *store, struct store_call *call,
                 enum problem (*read)(struct sqlite_store *store, struct sqlite_reader *reader,
                                      struct store_call *call));

/* The members of store_ops that read. */
void sqlite_read_get(struct store *store, struct store_get *get);
void sqlite_read_detail(struct store *store, struct store_detail *detail);
void sqlite_read_find(struct store *store, struct store_find *find);
void sqlite_read_summary(struct store *store, struct store_summary *summary);
void sqlite_read_statistics(struct store *store, struct store_statistics *statistics);
void sqlite_read_stalled(struct store *store, struct store_stalled *stalled);
void sqlite_read_output(struct store *store, struct store_output *output);
void sqlite_read_changes(struct store *store, struct store_changes *changes);
void sqlite_read_accounts(struct store *store, struct store_accounts *accounts);
void sqlite_read_export(struct store *store, struct store_export *export);
void sqlite_read_session(struct store *store, struct store_session_get *get);
void sqlite_read_sessions(struct store *store, struct store_sessions *sessions);
int64_t sqlite_read_accounts_version(struct store *store);

/*
 * The job of an id or a position: JOB_NOT_FOUND when there is none. For a reader or the writer's
 * own connection.
 */
enum problem sqlite_load_job(struct sqlite_reader *reader, const struct uuid *id,
                             struct arena *arena, struct job *ret_job, struct err *err);
enum problem sqlite_load_job_at(struct sqlite_reader *reader, int64_t position, struct arena *arena,
                                struct job *ret_job, struct err *err);

/* The lease of a job: all zero when it was never granted. Texts in `arena`. */
enum problem sqlite_load_lease(struct sqlite_reader *reader, const struct job *job,
                               struct arena *arena, struct lease *ret_lease, struct err *err);

/*
 * The lease in a statement's current row, which selects SQLITE_LEASE_COLUMNS from its column
 * `first` on. Texts in `arena`. NO_MEMORY, INTERNAL, STORE_UNAVAILABLE.
 */
#define SQLITE_LEASE_COLUMNS                                                                       \
    "lease.fence, lease.held, lease.worker, lease.account, lease.lease_ms, lease.expires_at, "     \
    "lease.beat_on, lease.progress_on"
enum problem sqlite_lease_row(struct sqlite_reader *reader, sqlite3_stmt *row, int first,
                              struct arena *arena, struct lease *ret_lease, struct err *err);
/*
 * The last piece of a job's output: where it begins and how long it is, both 0 when there is none;
 * the stream ends with it. False on an error of the connection.
 */
bool sqlite_output_end(struct sqlite_reader *reader, int64_t position, int64_t *ret_offset,
                       int64_t *ret_length);

/* What the lease clock was last known to show; false on an error of the connection. */
bool sqlite_lease_time(struct sqlite_reader *reader, int64_t *ret_time);

/*
 * The account in the current row of a statement that selects SQLITE_ACCOUNT_COLUMNS; false when the
 * row is damaged.
 */
#define SQLITE_ACCOUNT_COLUMNS "uuid, name, role, disabled, hash, created_on"
bool sqlite_account_row(sqlite3_stmt *row, struct account *ret_account);

#endif
