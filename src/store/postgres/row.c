/* Reading rows in binary form. */
#include "store/postgres/row.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

struct pg_row pg_first(const PGresult *result)
{
    return (struct pg_row){result, 0};
}

size_t pg_rows(const PGresult *result)
{
    return (size_t)PQntuples(result);
}

bool row_is_null(struct pg_row row, int column)
{
    return PQgetisnull(row.result, row.row, column) != 0;
}

static const char *bytes_at(struct pg_row row, int column, size_t *ret_len)
{
    *ret_len = (size_t)PQgetlength(row.result, row.row, column);
    return PQgetvalue(row.result, row.row, column);
}

/* Network order, and the sign in the first bit of however many bytes there are. */
int64_t row_number(struct pg_row row, int column, int64_t absent)
{
    size_t len;
    const char *bytes = bytes_at(row, column, &len);
    uint64_t bits;

    if (row_is_null(row, column))
        return absent;
    assert(len >= 1 && len <= sizeof(bits));
    bits = (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < len; i++)
        bits = bits << 8 | (unsigned char)bytes[i];
    return (int64_t)bits;
}

struct span row_span(struct pg_row row, int column)
{
    struct span text;

    text.ptr = bytes_at(row, column, &text.len);
    return text;
}

struct span row_text(struct pg_row row, int column, struct arena *arena)
{
    struct span text = row_span(row, column);

    return text.len > 0 ? arena_span(arena, text) : (struct span){"", 0};
}

bool row_uuid(struct pg_row row, int column, struct uuid *ret_uuid)
{
    struct span bytes = row_span(row, column);

    if (bytes.len != sizeof(ret_uuid->bytes))
        return false;
    memcpy(ret_uuid->bytes, bytes.ptr, bytes.len);
    return true;
}

enum column {
    COLUMN_POSITION,
    COLUMN_ID,
    COLUMN_CHANGE,
    COLUMN_STATUS,
    COLUMN_TYPE,
    COLUMN_PERSON,
    COLUMN_CREATED_BY,
    COLUMN_MODIFIED_BY,
    COLUMN_MODIFIED_ON,
    COLUMN_STARTED_ON,
    COLUMN_ENDED_ON,
    COLUMN_PROGRESS,
    COLUMN_SELF_MANAGED,
    COLUMN_RUN_AFTER,
    COLUMN_PRIORITY,
    COLUMN_ATTEMPT,
    COLUMN_MAX_ATTEMPTS,
    COLUMN_NAME,
    COLUMN_MESSAGE,
    COLUMN_COUNT
};
_Static_assert(COLUMN_COUNT == PG_JOB_COLUMN_COUNT, "the columns are those of the macro");

static struct job numbers_of(struct pg_row row)
{
    return (struct job){
        .position = row_number(row, COLUMN_POSITION, 0),
        .change = row_number(row, COLUMN_CHANGE, 0),
        .status = (enum job_status)row_number(row, COLUMN_STATUS, STATUS_COUNT),
        .self_managed = row_number(row, COLUMN_SELF_MANAGED, 0) != 0,
        .progress = (int32_t)row_number(row, COLUMN_PROGRESS, JOB_NO_PROGRESS),
        .modified_on = row_number(row, COLUMN_MODIFIED_ON, 0),
        .started_on = row_number(row, COLUMN_STARTED_ON, JOB_NO_TIME),
        .ended_on = row_number(row, COLUMN_ENDED_ON, JOB_NO_TIME),
        .run_after = row_number(row, COLUMN_RUN_AFTER, JOB_NO_TIME),
        .priority = (int32_t)row_number(row, COLUMN_PRIORITY, 0),
        .attempt = (int32_t)row_number(row, COLUMN_ATTEMPT, 0),
        .max_attempts = (int32_t)row_number(row, COLUMN_MAX_ATTEMPTS, 0),
    };
}

static bool read_ids(struct pg_row row, struct job *job)
{
    return row_uuid(row, COLUMN_ID, &job->id) && row_uuid(row, COLUMN_PERSON, &job->user) &&
           row_uuid(row, COLUMN_CREATED_BY, &job->created_by) &&
           row_uuid(row, COLUMN_MODIFIED_BY, &job->modified_by);
}

enum problem pg_job_row(struct pg_row row, struct arena *arena, struct job *ret_job,
                        struct err *err)
{
    struct job job = numbers_of(row);

    if ((unsigned)job.status >= STATUS_COUNT || !read_ids(row, &job)) {
        err_set(err, "The store is damaged: the row %lld is no job.", (long long)job.position);
        return PROBLEM_INTERNAL;
    }
    job.type = row_text(row, COLUMN_TYPE, arena);
    job.name = row_text(row, COLUMN_NAME, arena);
    job.message = row_text(row, COLUMN_MESSAGE, arena);
    if (job.type.ptr == NULL || job.name.ptr == NULL || job.message.ptr == NULL)
        return problem_no_memory(err);
    *ret_job = job;
    return PROBLEM_NONE;
}

enum problem pg_lease_row(struct pg_row row, int column, struct arena *arena,
                          struct lease *ret_lease, struct err *err)
{
    *ret_lease = (struct lease){0};
    if (row_is_null(row, column))
        return PROBLEM_NONE;
    *ret_lease = (struct lease){
        .fence = row_number(row, column, 0),
        .held = row_number(row, column + 1, 0) != 0,
        .worker = row_text(row, column + 2, arena),
        .lease_ms = row_number(row, column + 4, 0),
        .expires_at = row_number(row, column + 5, 0),
        .beat_on = row_number(row, column + 6, 0),
        .progress_on = row_number(row, column + 7, 0),
    };
    if (ret_lease->worker.ptr == NULL)
        return problem_no_memory(err);
    if (row_uuid(row, column + 3, &ret_lease->account))
        return PROBLEM_NONE;
    err_set(err, "The store is damaged: a lease cannot be read.");
    return PROBLEM_INTERNAL;
}

/* Copies a text into an array of `size` bytes, NUL included. */
static bool copy_text(struct pg_row row, int column, char *target, size_t size)
{
    struct span text = row_span(row, column);

    if (text.len >= size)
        return false;
    memcpy(target, text.ptr, text.len);
    target[text.len] = '\0';
    return true;
}

bool pg_account_row(struct pg_row row, struct account *ret_account)
{
    struct account account = {
        .disabled = row_number(row, 3, 0) != 0,
        .created_on = row_number(row, 5, 0),
    };

    if (!row_uuid(row, 0, &account.id) || !copy_text(row, 1, account.name, sizeof(account.name)) ||
        !role_parse(row_span(row, 2), &account.role) ||
        !copy_text(row, 4, account.hash, sizeof(account.hash)))
        return false;
    *ret_account = account;
    return true;
}
