/* Creating jobs: positions, change numbers and rows. */
#include "store/sqlite/write/write.h"

/*
 * Behind the last one, also when the clock stands still or was set back. The jobs of one call are
 * consecutive, which lets their idempotency key remember them by the first.
 */
static int64_t first_position(const struct writer *writer, int64_t now)
{
    int64_t by_clock = position_at(now);

    return by_clock > writer->position ? by_clock : writer->position + 1;
}

/* The numbers that stand for a draft's words. */
struct numbers {
    int64_t type, user, created_by;
};

static bool find_numbers(struct writer *writer, const struct draft *draft, struct store_call *call,
                         struct numbers *ret_numbers)
{
    return write_type(writer, draft->type, call, &ret_numbers->type) &&
           write_person(writer, &draft->user, call, &ret_numbers->user) &&
           write_person(writer, &draft->created_by, call, &ret_numbers->created_by);
}

/* What a new job has not got yet (an end, progress) is NULL in the statement itself. */
static void bind_job(sqlite3_stmt *statement, const struct job *job, const struct draft *draft,
                     const struct numbers *numbers)
{
    sqlite3_bind_int64(statement, 1, job->position);
    sqlite_bind_uuid(statement, 2, &job->id);
    sqlite3_bind_int64(statement, 3, job->change);
    sqlite3_bind_int(statement, 4, (int)job->status);
    sqlite3_bind_int64(statement, 5, numbers->type);
    sqlite3_bind_int64(statement, 6, numbers->user);
    sqlite3_bind_int64(statement, 7, numbers->created_by);
    sqlite3_bind_int64(statement, 8, job->modified_on);
    sqlite3_bind_int(statement, 9, job->self_managed);
    if (job->run_after != JOB_NO_TIME)
        sqlite3_bind_int64(statement, 10, job->run_after);
    sqlite3_bind_int(statement, 11, job->priority);
    sqlite3_bind_int(statement, 12, job->max_attempts);
    sqlite_bind_span(statement, 13, job->name);
    sqlite_bind_span(statement, 14, draft->name_folded);
    if (job->message.len > 0)
        sqlite_bind_span(statement, 15, job->message);
    sqlite3_bind_int(statement, 16, job->attempt);
    if (job->started_on != JOB_NO_TIME)
        sqlite3_bind_int64(statement, 17, job->started_on);
}

static bool insert_job(struct writer *writer, const struct job *job, const struct draft *draft,
                       struct store_call *call)
{
    struct numbers numbers;
    sqlite3_stmt *statement;

    if (!find_numbers(writer, draft, call, &numbers))
        return false;
    statement = sqlite_prepare_cached(
        writer->connection,
        "INSERT INTO job (position, id, change, status, type, person, created_by, modified_by, "
        "modified_on, self_managed, run_after, priority, attempt, max_attempts, name, name_folded, "
        "message, started_on) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?16, ?12, "
        "?13, ?14, ?15, ?17)");
    if (statement != NULL)
        bind_job(statement, job, draft, &numbers);
    return write_step(writer, statement, call);
}

static bool insert_payload(struct writer *writer, int64_t position, struct span payload,
                           struct store_call *call)
{
    sqlite3_stmt *statement;

    if (payload.len == 0)
        return true;
    statement = sqlite_prepare_cached(writer->connection,
                                      "INSERT INTO payload (position, json) VALUES (?1, ?2)");
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, position);
        sqlite_bind_span(statement, 2, payload);
    }
    return write_step(writer, statement, call);
}

/* Whoever creates a job may hold it from the start. */
static bool insert_lease(struct writer *writer, struct job *job, const struct draft *draft,
                         struct moment now, struct store_call *call)
{
    static const struct lease none;
    struct lease lease = draft_lease(draft, now);
    struct hold hold = {job, &lease, now};

    return write_lease(writer, job->position, &none, &hold, call) &&
           write_news(writer, NULL, &hold, call) &&
           write_change(writer, job->position, job->change, call);
}

static bool insert(struct writer *writer, struct store_create *create, size_t i, struct moment now)
{
    const struct draft *draft = &create->drafts[i];
    struct job *job = &create->jobs[i];
    struct uuid id = uuid_at(writer->position + 1);

    writer->position++;
    writer->change++;
    *job = draft_job(draft, writer->position, &id, writer->change);
    return insert_job(writer, job, draft, &create->call) &&
           insert_payload(writer, job->position, draft->payload, &create->call) &&
           insert_lease(writer, job, draft, now, &create->call);
}

bool write_create(struct writer *writer, struct store_create *create)
{
    struct moment now = write_moment(writer);
    bool known = false;

    create->replayed = false;
    if (create->key.len > 0 && !write_replay(writer, create, now.wall, &known))
        return false;
    if (known)
        return true;
    create->jobs = ARENA_ARRAY(create->arena, struct job, create->count);
    if (create->jobs == NULL) {
        create->call.problem = problem_no_memory(&create->call.err);
        return true;
    }
    writer->position = first_position(writer, now.wall) - 1;
    for (size_t i = 0; i < create->count; i++) {
        if (!insert(writer, create, i, now))
            return false;
    }
    writer->created += (int64_t)create->count;
    create->call.problem = PROBLEM_NONE;
    return create->key.len == 0 || write_key(writer, create, now.wall);
}
