/* Rows as PostgreSQL answers them: numbers, texts, whole jobs and leases. */
#ifndef JOBD_STORE_POSTGRES_ROW_H
#define JOBD_STORE_POSTGRES_ROW_H

#include "base/arena.h"
#include "model/account.h"
#include "model/lease.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/* One row of an answer; columns are counted from 0. */
struct pg_row {
    const PGresult *result;
    int row;
};

/* The first row, which is there. */
struct pg_row pg_first(const PGresult *result);
size_t pg_rows(const PGresult *result);

bool row_is_null(struct pg_row row, int column);
/* An integer or a boolean of any width; `absent` for NULL. */
int64_t row_number(struct pg_row row, int column, int64_t absent);
/* Borrowed from the answer; NULL is the empty text. */
struct span row_span(struct pg_row row, int column);
/* A copy; ptr NULL without memory. */
struct span row_text(struct pg_row row, int column, struct arena *arena);
/* False when it is none. */
bool row_uuid(struct pg_row row, int column, struct uuid *ret_uuid);

/* What pg_job_row reads, of `job` and `job_change`; more may be selected behind it. */
#define PG_JOB_COLUMNS                                                                             \
    "job.position, job.id, job_change.change, job.status, job.type, job.person, job.created_by, "  \
    "job_change.modified_by, job_change.modified_on, job.started_on, job.ended_on, "               \
    "job_change.progress, job.self_managed, job.run_after, job.priority, job.attempt, "            \
    "job.max_attempts, job.name, job_change.message"
#define PG_JOB_COLUMN_COUNT 19
#define PG_JOB_TABLES "job JOIN job_change USING (position)"

/* NO_MEMORY; INTERNAL when the row holds what no job can be. Texts live in `arena`. */
enum problem pg_job_row(struct pg_row row, struct arena *arena, struct job *ret_job,
                        struct err *err);

/* What pg_lease_row reads from a column on; all NULL (no lease): all zero. */
#define PG_LEASE_COLUMNS                                                                           \
    "lease.fence, lease.held, lease.worker, lease.account, lease.lease_ms, lease.expires_at, "     \
    "lease.beat_on, lease.progress_on"
#define PG_LEASE_COLUMN_COUNT 8
enum problem pg_lease_row(struct pg_row row, int column, struct arena *arena,
                          struct lease *ret_lease, struct err *err);

#define PG_ACCOUNT_COLUMNS "uuid, name, role, disabled, hash, created_on"
bool pg_account_row(struct pg_row row, struct account *ret_account);

#endif
