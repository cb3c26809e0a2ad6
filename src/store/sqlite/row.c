/* Rows of the table `job`, and the values bound to statements. */
#include "store/sqlite/sqlite.h"

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
    COLUMN_NAME,
    COLUMN_MESSAGE,
    COLUMN_SHOWN_COUNT,
    COLUMN_RUN_AFTER = COLUMN_SHOWN_COUNT,
    COLUMN_PRIORITY,
    COLUMN_ATTEMPT,
    COLUMN_MAX_ATTEMPTS,
    COLUMN_COUNT
};
_Static_assert(COLUMN_COUNT == SQLITE_JOB_COLUMN_COUNT, "the columns are those of the macro");

sqlite3_stmt *sqlite_prepare_cached(struct sqlite_reader *reader, const char *sql)
{
    return statements_get(&reader->statements, reader->db, sql);
}

void sqlite_rewind(sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

void sqlite_bind_span(sqlite3_stmt *statement, int index, struct span text)
{
    const char *ptr = text.ptr != NULL ? text.ptr : "";

    sqlite3_bind_text64(statement, index, ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* As a blob: as a text it would be copied for the sake of a NUL. */
struct span sqlite_text(sqlite3_stmt *row, int column)
{
    const char *text = sqlite3_column_blob(row, column);

    return (struct span){text != NULL ? text : "", (size_t)sqlite3_column_bytes(row, column)};
}

void sqlite_bind_uuid(sqlite3_stmt *statement, int index, const struct uuid *uuid)
{
    sqlite3_bind_blob(statement, index, uuid->bytes, (int)sizeof(uuid->bytes), SQLITE_STATIC);
}

/*
 * Each call that takes something out of a row finds the column and looks at the connection anew; as
 * a value it is found once. That this is not for several threads at once is no loss, and neither is
 * that texts, taken as blobs, have no NUL.
 */
static struct span bytes_at(sqlite3_stmt *row, enum column column)
{
    sqlite3_value *value = sqlite3_column_value(row, (int)column);
    const char *bytes = sqlite3_value_blob(value);

    return (struct span){bytes, bytes != NULL ? (size_t)sqlite3_value_bytes(value) : 0};
}

/* `none` for NULL. */
static int64_t number_at(sqlite3_stmt *row, enum column column, int64_t none)
{
    sqlite3_value *value = sqlite3_column_value(row, (int)column);

    return sqlite3_value_type(value) == SQLITE_NULL ? none : sqlite3_value_int64(value);
}

int64_t sqlite_date(sqlite3_stmt *row, int column)
{
    return number_at(row, (enum column)column, JOB_NO_TIME);
}

/* A copy in `arena`; ptr NULL without memory; NULL in the row is the empty text. */
static struct span text_at(sqlite3_stmt *row, enum column column, struct arena *arena)
{
    struct span text = bytes_at(row, column);

    return text.len > 0 ? arena_span(arena, text) : (struct span){"", 0};
}

/* What needs neither memory nor a dictionary. */
static void read_numbers(sqlite3_stmt *row, struct job *job)
{
    job->position = sqlite3_column_int64(row, COLUMN_POSITION);
    job->change = sqlite3_column_int64(row, COLUMN_CHANGE);
    job->status = (enum job_status)sqlite3_column_int(row, COLUMN_STATUS);
    job->modified_on = sqlite3_column_int64(row, COLUMN_MODIFIED_ON);
    job->started_on = number_at(row, COLUMN_STARTED_ON, JOB_NO_TIME);
    job->ended_on = number_at(row, COLUMN_ENDED_ON, JOB_NO_TIME);
    job->progress = (int32_t)number_at(row, COLUMN_PROGRESS, JOB_NO_PROGRESS);
    job->self_managed = sqlite3_column_int(row, COLUMN_SELF_MANAGED) != 0;
}

static bool read_id(sqlite3_stmt *row, struct job *job)
{
    struct span id = bytes_at(row, COLUMN_ID);

    if (id.len != sizeof(job->id.bytes))
        return false;
    memcpy(job->id.bytes, id.ptr, sizeof(job->id.bytes));
    return true;
}

static enum problem read_words(struct sqlite_reader *reader, sqlite3_stmt *row, struct arena *arena,
                               struct job *job, struct err *err)
{
    enum problem problem =
        sqlite_person_uuid(reader, sqlite3_column_int64(row, COLUMN_PERSON), &job->user, err);

    if (problem == PROBLEM_NONE)
        problem = sqlite_person_uuid(reader, sqlite3_column_int64(row, COLUMN_CREATED_BY),
                                     &job->created_by, err);
    if (problem == PROBLEM_NONE)
        problem = sqlite_person_uuid(reader, sqlite3_column_int64(row, COLUMN_MODIFIED_BY),
                                     &job->modified_by, err);
    if (problem == PROBLEM_NONE)
        problem = sqlite_type_name(reader, sqlite3_column_int64(row, COLUMN_TYPE), arena,
                                   &job->type, err);
    return problem;
}

enum problem sqlite_shown_row(struct sqlite_reader *reader, sqlite3_stmt *statement,
                              struct arena *arena, struct job *ret_job, struct err *err)
{
    struct job job = {.run_after = JOB_NO_TIME};
    enum problem problem;

    read_numbers(statement, &job);
    if ((unsigned)job.status >= STATUS_COUNT || !read_id(statement, &job)) {
        err_set(err, "The store is damaged: the row %lld is no job.", (long long)job.position);
        return PROBLEM_INTERNAL;
    }
    job.name = text_at(statement, COLUMN_NAME, arena);
    job.message = text_at(statement, COLUMN_MESSAGE, arena);
    if (job.name.ptr == NULL || job.message.ptr == NULL)
        return problem_no_memory(err);
    problem = read_words(reader, statement, arena, &job, err);
    if (problem == PROBLEM_NONE)
        *ret_job = job;
    return problem;
}

enum problem sqlite_job_row(struct sqlite_reader *reader, sqlite3_stmt *statement,
                            struct arena *arena, struct job *ret_job, struct err *err)
{
    enum problem problem = sqlite_shown_row(reader, statement, arena, ret_job, err);

    if (problem != PROBLEM_NONE)
        return problem;
    ret_job->run_after = number_at(statement, COLUMN_RUN_AFTER, JOB_NO_TIME);
    ret_job->priority = sqlite3_column_int(statement, COLUMN_PRIORITY);
    ret_job->attempt = sqlite3_column_int(statement, COLUMN_ATTEMPT);
    ret_job->max_attempts = sqlite3_column_int(statement, COLUMN_MAX_ATTEMPTS);
    return PROBLEM_NONE;
}
