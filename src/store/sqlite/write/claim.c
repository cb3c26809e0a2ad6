/* Claims: the next job of each type by an index, the best of them taken until there are enough. */
#include "store/sqlite/write/write.h"

/* The next job of a type; position 0: there is none. */
struct head {
    int64_t type, priority, position;
};

/* One step in the index, which is in the order of claims: a job that is taken leaves it. */
static bool peek(struct writer *writer, struct head *head, struct store_claim *claim)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "SELECT priority, position FROM job INDEXED BY job_ready "
                            "WHERE type = ?1 AND status = 0 AND self_managed = 0 AND run_after IS "
                            "NULL AND position <> ?2 ORDER BY priority DESC, position LIMIT 1");
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, head->type);
        sqlite3_bind_int64(statement, 2, claim->passed_over);
        code = sqlite3_step(statement);
    }
    head->position = 0;
    if (code == SQLITE_ROW) {
        head->priority = sqlite3_column_int64(statement, 0);
        head->position = sqlite3_column_int64(statement, 1);
    } else if (code != SQLITE_DONE) {
        claim->call.problem = sqlite_problem(writer->connection->db, &claim->call.err);
    }
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* Types without a job are left out. */
static bool peek_all(struct writer *writer, struct store_claim *claim,
                     struct head heads[static CLAIM_TYPES_MAX], size_t *ret_count)
{
    struct store_call *call = &claim->call;

    *ret_count = 0;
    for (size_t i = 0; i < claim->claim->type_count; i++) {
        struct head *head = &heads[*ret_count];
        call->problem =
            sqlite_type_id(writer->connection, claim->claim->types[i], &head->type, &call->err);
        if (call->problem != PROBLEM_NONE || (head->type != 0 && !peek(writer, head, claim)))
            return false;
        *ret_count += head->type != 0 && head->position != 0;
    }
    return true;
}

static struct head *best_of(struct head *heads, size_t count)
{
    struct head *best = NULL;

    for (size_t i = 0; i < count; i++) {
        struct head *head = &heads[i];
        if (head->position != 0 &&
            (best == NULL || head->priority > best->priority ||
             (head->priority == best->priority && head->position < best->position)))
            best = head;
    }
    return best;
}

static enum problem read_payload(struct writer *writer, int64_t position, struct arena *arena,
                                 struct span *ret_payload, struct err *err)
{
    struct sqlite_reader *reader = writer->connection;
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT json FROM payload WHERE position = ?1");
    enum problem problem = PROBLEM_NONE;
    int code;

    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, position);
    code = sqlite3_step(statement);
    *ret_payload = (struct span){"", 0};
    if (code == SQLITE_ROW) {
        ret_payload->ptr = (const char *)sqlite3_column_text(statement, 0);
        ret_payload->len = (size_t)sqlite3_column_bytes(statement, 0);
        if (ret_payload->ptr != NULL)
            *ret_payload = arena_span(arena, *ret_payload);
        if (ret_payload->ptr == NULL)
            problem = problem_no_memory(err);
    } else if (code != SQLITE_DONE) {
        problem = sqlite_problem(reader->db, err);
    }
    sqlite_rewind(statement);
    return problem;
}

enum problem write_load_grant(struct writer *writer, struct store_claim *claim, int64_t position,
                              struct write_loaded *ret_loaded)
{
    struct store_call *call = &claim->call;
    struct grant *grant = &claim->grants[claim->count];
    enum problem problem = write_load_at(writer, position, claim->arena, ret_loaded, &call->err);

    if (problem == PROBLEM_NONE)
        problem = read_payload(writer, position, claim->arena, &grant->payload, &call->err);
    return problem;
}

void write_fill_grant(struct store_claim *claim, const struct hold *hold)
{
    struct grant *grant = &claim->grants[claim->count++];

    grant->job = *hold->job;
    grant->fence = hold->lease->fence;
    grant->expires_on = lease_expires_on(hold->lease, hold->now);
}

static bool grant(struct writer *writer, struct store_claim *claim,
                  const struct write_loaded *before, struct moment now)
{
    struct write_loaded after = *before;
    struct hold hold = {&after.job, &after.lease, now};
    struct store_call *call = &claim->call;

    call->problem = hold_claim(&hold, &claim->claim->by, &call->err);
    if (call->problem != PROBLEM_NONE || !write_hold(writer, before, &hold, true, call))
        return false;
    write_fill_grant(claim, &hold);
    return true;
}

/* Where the caller's memory is short, fewer jobs are better than none for ever. */
static bool take(struct writer *writer, struct store_claim *claim, struct moment now)
{
    struct head heads[CLAIM_TYPES_MAX];
    struct store_call *call = &claim->call;
    struct write_loaded before;
    struct head *best;
    size_t count;

    if (!peek_all(writer, claim, heads, &count))
        return false;
    while (claim->count < claim->claim->max && (best = best_of(heads, count)) != NULL) {
        call->problem = write_load_grant(writer, claim, best->position, &before);
        if (call->problem == PROBLEM_NO_MEMORY || call->problem == PROBLEM_INTERNAL)
            break;
        if (call->problem != PROBLEM_NONE || !grant(writer, claim, &before, now) ||
            (claim->count < claim->claim->max && !peek(writer, best, claim)))
            return false;
    }
    if (claim->count > 0)
        call->problem = PROBLEM_NONE;
    return true;
}

bool write_claim(struct writer *writer, struct store_claim *claim)
{
    struct moment now = write_moment(writer);
    bool keyed = claim->claim->request_id.len > 0, known = false;

    claim->count = 0;
    if (claim->grants == NULL)
        claim->grants = ARENA_ARRAY(claim->arena, struct grant, claim->claim->max);
    if (claim->grants == NULL) {
        claim->call.problem = problem_no_memory(&claim->call.err);
        return true;
    }
    if (keyed && !write_claim_again(writer, claim, now, &known))
        return false;
    if (known)
        return true;
    return take(writer, claim, now) &&
           (!keyed || claim->count == 0 || write_claim_request(writer, claim, now));
}
