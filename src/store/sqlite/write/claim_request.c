/* Request ids of claims: what was granted handed out again, and forgetting it after a while. */
#include "store/sqlite/write/write.h"

#define REQUEST_LIFE_MS (INT64_C(10) * 60 * 1000)

/* A job that was granted, as the table keeps it. */
struct granted {
    int64_t position, fence;
};

static sqlite3_stmt *select_request(struct writer *writer, const struct store_claim *claim,
                                    struct moment now)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "SELECT position, fence FROM claim_request WHERE account = ?1 AND "
                            "request = ?2 AND granted_at > ?3");

    if (statement == NULL)
        return NULL;
    sqlite_bind_uuid(statement, 1, &claim->claim->by.account);
    sqlite_bind_span(statement, 2, claim->claim->request_id);
    sqlite3_bind_int64(statement, 3, now.lease - REQUEST_LIFE_MS);
    return statement;
}

static bool find_request(struct writer *writer, struct store_claim *claim, struct moment now,
                         struct granted granted[static CLAIM_JOBS_MAX], size_t *ret_count)
{
    sqlite3_stmt *statement = select_request(writer, claim, now);
    int code = SQLITE_ERROR;

    *ret_count = 0;
    while (statement != NULL && *ret_count < CLAIM_JOBS_MAX &&
           (code = sqlite3_step(statement)) == SQLITE_ROW)
        granted[(*ret_count)++] = (struct granted){sqlite3_column_int64(statement, 0),
                                                   sqlite3_column_int64(statement, 1)};
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        claim->call.problem = sqlite_problem(writer->connection->db, &claim->call.err);
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool write_claim_again(struct writer *writer, struct store_claim *claim, struct moment now,
                       bool *ret_known)
{
    struct granted granted[CLAIM_JOBS_MAX];
    struct store_call *call = &claim->call;
    struct write_loaded loaded;
    size_t count;

    if (!find_request(writer, claim, now, granted, &count))
        return false;
    *ret_known = count > 0;
    call->problem = PROBLEM_NONE;
    if (count > claim->claim->max) /* the second time asks for less than the first */
        claim->grants = ARENA_ARRAY(claim->arena, struct grant, count);
    if (claim->grants == NULL)
        call->problem = problem_no_memory(&call->err);
    for (size_t i = 0; i < count && call->problem == PROBLEM_NONE; i++) {
        call->problem = write_load_grant(writer, claim, granted[i].position, &loaded);
        if (call->problem == PROBLEM_NONE && loaded.lease.held &&
            loaded.lease.fence == granted[i].fence)
            write_fill_grant(claim, &(struct hold){&loaded.job, &loaded.lease, now});
    }
    return call->problem != PROBLEM_STORE_UNAVAILABLE;
}

/*
 * Twice as many as come: so the table shrinks back after a busy day, no claim pays for more than
 * that, and no timer is needed.
 */
static bool forget_some(struct writer *writer, struct store_claim *claim, struct moment now)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection,
        "DELETE FROM claim_request WHERE (account, request, position) IN (SELECT account, request, "
        "position FROM claim_request WHERE granted_at <= ?1 ORDER BY granted_at LIMIT ?2)");

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, now.lease - REQUEST_LIFE_MS);
        sqlite3_bind_int64(statement, 2, 2 * (int64_t)claim->count);
    }
    return write_step(writer, statement, &claim->call);
}

bool write_claim_request(struct writer *writer, struct store_claim *claim, struct moment now)
{
    for (size_t i = 0; i < claim->count; i++) {
        /* One that has had its time may still be there under the same name. */
        sqlite3_stmt *statement = sqlite_prepare_cached(
            writer->connection, "REPLACE INTO claim_request (account, request, position, fence, "
                                "granted_at) VALUES (?1, ?2, ?3, ?4, ?5)");
        if (statement != NULL) {
            sqlite_bind_uuid(statement, 1, &claim->claim->by.account);
            sqlite_bind_span(statement, 2, claim->claim->request_id);
            sqlite3_bind_int64(statement, 3, claim->grants[i].job.position);
            sqlite3_bind_int64(statement, 4, claim->grants[i].fence);
            sqlite3_bind_int64(statement, 5, now.lease);
        }
        if (!write_step(writer, statement, &claim->call))
            return false;
    }
    return forget_some(writer, claim, now);
}
