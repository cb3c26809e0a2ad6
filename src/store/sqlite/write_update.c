/* Updating a job: loads it, lets the mutator change it, and writes the columns that did change. */
#include "store/sqlite/state.h"
#include "store/sqlite/write.h"

#define SET_PLAIN                                                                                  \
    "UPDATE job SET change = ?1, modified_by = ?2, modified_on = ?3, progress = ?4, "              \
    "message = ?5, self_managed = ?6, run_after = ?7, priority = ?8, attempt = ?9, "               \
    "max_attempts = ?10"
#define SET_STATUS ", status = ?11"
#define SET_STARTED ", started_on = ?12"
#define SET_ENDED ", ended_on = ?13"
#define WHERE " WHERE position = ?14"

/*
 * SQLite touches the indexes whose columns an UPDATE names, changed or not. So there is a statement
 * for each set of indexed columns that changed, and a progress report costs none but job_change.
 */
enum { CHANGED_STATUS = 1, CHANGED_STARTED = 2, CHANGED_ENDED = 4 };
static const char *const statements[] = {
    SET_PLAIN WHERE,
    SET_PLAIN SET_STATUS WHERE,
    SET_PLAIN SET_STARTED WHERE,
    SET_PLAIN SET_STATUS SET_STARTED WHERE,
    SET_PLAIN SET_ENDED WHERE,
    SET_PLAIN SET_STATUS SET_ENDED WHERE,
    SET_PLAIN SET_STARTED SET_ENDED WHERE,
    SET_PLAIN SET_STATUS SET_STARTED SET_ENDED WHERE,
};

static unsigned changed_columns(const struct job *before, const struct job *after)
{
    return (before->status != after->status ? CHANGED_STATUS : 0U) |
           (before->started_on != after->started_on ? CHANGED_STARTED : 0U) |
           (before->ended_on != after->ended_on ? CHANGED_ENDED : 0U);
}

static void bind_time(sqlite3_stmt *statement, int index, int64_t time)
{
    if (time != JOB_NO_TIME)
        sqlite3_bind_int64(statement, index, time);
}

/* What stands in no index but job_change's. */
static void bind_plain(sqlite3_stmt *statement, const struct job *job, int64_t modified_by)
{
    sqlite3_bind_int64(statement, 1, job->change);
    sqlite3_bind_int64(statement, 2, modified_by);
    sqlite3_bind_int64(statement, 3, job->modified_on);
    if (job->progress != JOB_NO_PROGRESS)
        sqlite3_bind_int(statement, 4, job->progress);
    if (job->message.len > 0)
        sqlite_bind_span(statement, 5, job->message);
    sqlite3_bind_int(statement, 6, job->self_managed);
    bind_time(statement, 7, job->run_after);
    sqlite3_bind_int(statement, 8, job->priority);
    sqlite3_bind_int(statement, 9, job->attempt);
    sqlite3_bind_int(statement, 10, job->max_attempts);
}

static void bind_indexed(sqlite3_stmt *statement, const struct job *job, unsigned changed)
{
    if (changed & CHANGED_STATUS)
        sqlite3_bind_int(statement, 11, (int)job->status);
    if (changed & CHANGED_STARTED)
        bind_time(statement, 12, job->started_on);
    if (changed & CHANGED_ENDED)
        bind_time(statement, 13, job->ended_on);
}

static bool store_job(struct writer *writer, struct store_update *update, const struct job *before)
{
    unsigned changed = changed_columns(before, &update->job);
    sqlite3_stmt *statement;
    int64_t modified_by;

    if (!write_person(writer, &update->job.modified_by, &update->call, &modified_by))
        return false;
    update->job.change = ++writer->change;
    statement = sqlite_prepare_cached(writer->connection, statements[changed]);
    if (statement != NULL) {
        bind_plain(statement, &update->job, modified_by);
        bind_indexed(statement, &update->job, changed);
        sqlite3_bind_int64(statement, 14, update->job.position);
    }
    return write_step(writer, statement, &update->call);
}

/* The mutator's message may live shorter than the job, which the caller reads later. */
static enum problem keep_message(struct store_update *update)
{
    struct span message = {"", 0};

    if (update->job.message.len > 0)
        message = arena_span(update->arena, update->job.message);
    if (message.ptr == NULL)
        return problem_no_memory(&update->call.err);
    update->job.message = message;
    return PROBLEM_NONE;
}

/* A row that cannot be read is this call's trouble, a disk that cannot be read everybody's. */
static bool load(struct writer *writer, struct store_update *update, struct job *ret_job)
{
    update->call.problem =
        sqlite_load_job(writer->connection, &update->id, update->arena, ret_job, &update->call.err);
    return update->call.problem != PROBLEM_STORE_UNAVAILABLE;
}

bool write_update(struct writer *writer, struct store_update *update)
{
    struct store_call *call = &update->call;
    struct job before;
    bool changed = false;

    if (!load(writer, update, &before))
        return false;
    if (call->problem != PROBLEM_NONE)
        return true;
    update->job = before;
    call->problem =
        update->mutate(update->context, &update->job, write_now(writer), &changed, &call->err);
    if (call->problem == PROBLEM_NONE && changed)
        call->problem = keep_message(update);
    if (call->problem != PROBLEM_NONE) {
        update->job = before;
        return true;
    }
    return !changed || store_job(writer, update, &before);
}
