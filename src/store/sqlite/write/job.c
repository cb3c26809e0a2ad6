/* Storing a changed job: the columns that did change, under the next change number. */
#include "store/sqlite/write/write.h"

#define SET_PLAIN                                                                                  \
    "UPDATE job SET change = ?1, modified_by = ?2, modified_on = ?3, progress = ?4, "              \
    "message = ?5, attempt = ?6, max_attempts = ?7"
#define SET_STATUS ", status = ?8"
#define SET_STARTED ", started_on = ?9"
#define SET_ENDED ", ended_on = ?10"
#define SET_READY ", self_managed = ?11, run_after = ?12, priority = ?13"
#define WHERE " WHERE position = ?14"

/*
 * SQLite touches the indexes whose columns an UPDATE names, changed or not. So there is a statement
 * for each set of indexed columns that changed, and a progress report costs none but job_change.
 */
enum { CHANGED_STATUS = 1, CHANGED_STARTED = 2, CHANGED_ENDED = 4, CHANGED_READY = 8 };
static const char *const statements[] = {
    SET_PLAIN WHERE,
    SET_PLAIN SET_STATUS WHERE,
    SET_PLAIN SET_STARTED WHERE,
    SET_PLAIN SET_STATUS SET_STARTED WHERE,
    SET_PLAIN SET_ENDED WHERE,
    SET_PLAIN SET_STATUS SET_ENDED WHERE,
    SET_PLAIN SET_STARTED SET_ENDED WHERE,
    SET_PLAIN SET_STATUS SET_STARTED SET_ENDED WHERE,
    SET_PLAIN SET_READY WHERE,
    SET_PLAIN SET_STATUS SET_READY WHERE,
    SET_PLAIN SET_STARTED SET_READY WHERE,
    SET_PLAIN SET_STATUS SET_STARTED SET_READY WHERE,
    SET_PLAIN SET_ENDED SET_READY WHERE,
    SET_PLAIN SET_STATUS SET_ENDED SET_READY WHERE,
    SET_PLAIN SET_STARTED SET_ENDED SET_READY WHERE,
    SET_PLAIN SET_STATUS SET_STARTED SET_ENDED SET_READY WHERE,
};

static bool ready_differs(const struct job *a, const struct job *b)
{
    return a->self_managed != b->self_managed || a->run_after != b->run_after ||
           a->priority != b->priority;
}

static unsigned changed_columns(const struct job *before, const struct job *after)
{
    return (before->status != after->status ? CHANGED_STATUS : 0U) |
           (before->started_on != after->started_on ? CHANGED_STARTED : 0U) |
           (before->ended_on != after->ended_on ? CHANGED_ENDED : 0U) |
           (ready_differs(before, after) ? CHANGED_READY : 0U);
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
    sqlite3_bind_int(statement, 6, job->attempt);
    sqlite3_bind_int(statement, 7, job->max_attempts);
}

static void bind_indexed(sqlite3_stmt *statement, const struct job *job, unsigned changed)
{
    if (changed & CHANGED_STATUS)
        sqlite3_bind_int(statement, 8, (int)job->status);
    if (changed & CHANGED_STARTED)
        bind_time(statement, 9, job->started_on);
    if (changed & CHANGED_ENDED)
        bind_time(statement, 10, job->ended_on);
    if (changed & CHANGED_READY) {
        sqlite3_bind_int(statement, 11, job->self_managed);
        bind_time(statement, 12, job->run_after);
        sqlite3_bind_int(statement, 13, job->priority);
    }
}

static bool store_job(struct writer *writer, const struct job *before, struct job *job,
                      struct store_call *call)
{
    unsigned changed = changed_columns(before, job);
    sqlite3_stmt *statement;
    int64_t modified_by;

    if (!write_person(writer, &job->modified_by, call, &modified_by))
        return false;
    job->change = ++writer->change;
    statement = sqlite_prepare_cached(writer->connection, statements[changed]);
    if (statement != NULL) {
        bind_plain(statement, job, modified_by);
        bind_indexed(statement, job, changed);
        sqlite3_bind_int64(statement, 14, job->position);
    }
    return write_step(writer, statement, call);
}

bool write_news(struct writer *writer, const struct job *before, const struct hold *after,
                struct store_call *call)
{
    if (news_of_job(&writer->news, before, after))
        return true;
    call->problem = problem_no_memory(&call->err);
    return false;
}

bool write_change(struct writer *writer, int64_t position, int64_t change, struct store_call *call)
{
    if (news_of_change(&writer->news, position, change))
        return true;
    call->problem = problem_no_memory(&call->err);
    return false;
}

bool write_hold(struct writer *writer, const struct write_loaded *before, const struct hold *after,
                bool job_changed, struct store_call *call)
{
    if (job_changed && (!store_job(writer, &before->job, after->job, call) ||
                        !ended_note(writer, &before->job, after->job, call) ||
                        !write_change(writer, after->job->position, after->job->change, call)))
        return false;
    return write_lease(writer, after->job->position, &before->lease, after, call) &&
           write_news(writer, &before->job, after, call);
}
