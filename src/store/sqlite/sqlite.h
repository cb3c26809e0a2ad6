/* What the files of the SQLite backend share: the store, its connections, rows and dictionaries. */
#ifndef JOBD_STORE_SQLITE_SQLITE_H
#define JOBD_STORE_SQLITE_SQLITE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"
#include "model/job.h"
#include "model/problem.h"
#include "store/sqlite/dictionary.h"
#include "store/sqlite/index/answers.h"
#include "store/sqlite/index/known_ranges.h"
#include "store/sqlite/index/name_bucket.h"
#include "store/sqlite/remembered.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/wal.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sqlite_store;

/* What a find works with, kept for the next one on the connection, so that it allocates nothing. */
#define SEARCH_MEMORY_MAX ((size_t)64 << 20)
struct search_memory {
    struct arena scratch;
    struct buf sql;
};

/*
 * A connection with its prepared statements and what it knows of the dictionaries and of jobs. Used
 * by one thread at a time: those of the pool by whoever acquired it, the writer's by the writer
 * thread.
 */
struct sqlite_reader {
    sqlite3 *db;
    struct statements statements;
    struct dictionary dictionary;
    struct remembered remembered; /* of the pool's, which see nothing but what is committed */
    struct search_memory memory;
    struct name_buckets buckets;
    struct answers answers;
    struct known_ranges ranges; /* of the writer's */
    /* The pool's own. */
    struct sqlite_reader *next;
    const volatile unsigned char *wal_index;
    struct wal_header header; /* when the snapshot began */
    bool in_snapshot;
};

/*
 * A read connection of the pool; may wait until another thread gives one back. NULL with a sentence
 * when none can be opened (STORE_UNAVAILABLE). All that is read until the release sees the same
 * moment, with every commit whose done() was called before the call.
 */
struct sqlite_reader *sqlite_reader_acquire(struct sqlite_store *store, struct err *err);
void sqlite_reader_release(struct sqlite_store *store, struct sqlite_reader *reader);

/*
 * The statement of this text, prepared once and kept among the connection's latest ones; rewound,
 * with no values bound. NULL on an error, of which sqlite_problem tells. Rewind it with
 * sqlite_rewind when done: a statement left in the middle keeps its read transaction open. At most
 * a dozen may be in use at a time.
 */
sqlite3_stmt *sqlite_prepare_cached(struct sqlite_reader *reader, const char *sql);

/* Resets and forgets what was bound; NULL is fine. */
void sqlite_rewind(sqlite3_stmt *statement);

/* Binds text that stays valid until the statement is rewound; ptr NULL binds ''. */
void sqlite_bind_span(sqlite3_stmt *statement, int index, struct span text);
void sqlite_bind_uuid(sqlite3_stmt *statement, int index, const struct uuid *uuid);

/* The text in a column, valid until the statement moves. */
struct span sqlite_text(sqlite3_stmt *row, int column);

/* The date in a column; JOB_NO_TIME: none. */
int64_t sqlite_date(sqlite3_stmt *row, int column);

/*
 * What the connection's last error means to the caller, with a sentence: STORE_UNAVAILABLE for a
 * full disk, an I/O error, a busy, read-only or missing file; NO_MEMORY; else INTERNAL.
 */
enum problem sqlite_problem(sqlite3 *db, struct err *err);

/* True for the SQLite result codes that mean STORE_UNAVAILABLE. */
bool sqlite_is_unavailable(int code);

/*
 * The columns of a table called `job` that the functions below read, in their order: those of a job
 * as clients are shown it, and then those that only workers need. A query may select more behind
 * the latter, from column SQLITE_JOB_COLUMN_COUNT on.
 */
#define SQLITE_SHOWN_COLUMNS                                                                       \
    "job.position, job.id, job.change, job.status, job.type, job.person, job.created_by, "         \
    "job.modified_by, job.modified_on, job.started_on, job.ended_on, job.progress, "               \
    "job.self_managed, job.name, job.message"
#define SQLITE_JOB_COLUMNS                                                                         \
    SQLITE_SHOWN_COLUMNS ", job.run_after, job.priority, job.attempt, job.max_attempts"
#define SQLITE_JOB_COLUMN_COUNT 19

/*
 * The job in a statement's current row, its texts in `arena`. NO_MEMORY; INTERNAL when the row
 * holds what no job can be; STORE_UNAVAILABLE when a dictionary cannot be read.
 */
enum problem sqlite_job_row(struct sqlite_reader *reader, sqlite3_stmt *statement,
                            struct arena *arena, struct job *ret_job, struct err *err);

/* The same without what only workers need, for pages: each column of each row has its price. */
enum problem sqlite_shown_row(struct sqlite_reader *reader, sqlite3_stmt *statement,
                              struct arena *arena, struct job *ret_job, struct err *err);

/*
 * The number that stands for a type or a person in the tables; 0 when there is none (so no job has
 * it). Numbers never change or vanish.
 */
enum problem sqlite_type_id(struct sqlite_reader *reader, struct span name, int64_t *ret_id,
                            struct err *err);
enum problem sqlite_person_id(struct sqlite_reader *reader, const struct uuid *uuid,
                              int64_t *ret_id, struct err *err);

/* The uuid and the name a number stands for; INTERNAL when there is none. The name is copied. */
enum problem sqlite_person_uuid(struct sqlite_reader *reader, int64_t id, struct uuid *ret_uuid,
                                struct err *err);
enum problem sqlite_type_name(struct sqlite_reader *reader, int64_t id, struct arena *arena,
                              struct span *ret_name, struct err *err);

/*
 * Answers a find but for calling done: fills the outputs, or call.err and returns the problem. Runs
 * on the caller's thread; several statements see the same jobs.
 */
enum problem sqlite_find(struct sqlite_store *store, struct sqlite_reader *reader,
                         struct store_find *find);

/* The same for the changes behind a number. */
enum problem sqlite_changes(struct sqlite_reader *reader, struct store_changes *changes);

/* Opens `path`; see store_open. */
bool sqlite_open(const char *path, const struct store_options *options, struct store **ret_store,
                 struct err *err);

#endif
