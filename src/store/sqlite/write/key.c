/* Idempotency keys: the first answer made again, and forgetting it after a day. */
#include "store/sqlite/write/write.h"

#define KEY_LIFE_MS (INT64_C(24) * 60 * 60 * 1000)

/* The first answer, as the table keeps it. */
struct first {
    int64_t position, change;
    size_t count;
    bool same_digest;
};

static sqlite3_stmt *select_key(struct writer *writer, const struct store_create *create,
                                int64_t now)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "SELECT position, change, count, digest = ?3 FROM idempotency "
                            "WHERE account = ?1 AND key = ?2 AND created_on > ?4");

    if (statement == NULL)
        return NULL;
    sqlite_bind_uuid(statement, 1, &create->key_account);
    sqlite_bind_span(statement, 2, create->key);
    sqlite3_bind_blob(statement, 3, create->key_digest, (int)sizeof(create->key_digest),
                      SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, now - KEY_LIFE_MS);
    return statement;
}

static bool find_key(struct writer *writer, struct store_create *create, int64_t now,
                     struct first *ret_first, bool *ret_known)
{
    sqlite3_stmt *statement = select_key(writer, create, now);
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    if (code == SQLITE_ROW) {
        *ret_first = (struct first){
            .position = sqlite3_column_int64(statement, 0),
            .change = sqlite3_column_int64(statement, 1),
            .count = (size_t)sqlite3_column_int64(statement, 2),
            .same_digest = sqlite3_column_int(statement, 3) != 0,
        };
    } else if (code != SQLITE_DONE) {
        create->call.problem = sqlite_problem(writer->connection->db, &create->call.err);
    }
    sqlite_rewind(statement);
    *ret_known = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* Ids hold random bits, so they come from the rows; what else a job was at first, from the draft.
 */
static bool read_ids(struct writer *writer, struct store_create *create, const struct first *first)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection,
        "SELECT id FROM job WHERE position >= ?1 AND position < ?2 ORDER BY position");
    size_t i = 0;
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, first->position);
        sqlite3_bind_int64(statement, 2, first->position + (int64_t)first->count);
        while ((code = sqlite3_step(statement)) == SQLITE_ROW && i < first->count) {
            struct uuid id;
            memcpy(id.bytes, sqlite3_column_blob(statement, 0), sizeof(id.bytes));
            create->jobs[i] = draft_job(&create->drafts[i], first->position + (int64_t)i, &id,
                                        first->change + (int64_t)i);
            i++;
        }
    }
    create->call.problem = PROBLEM_NONE;
    if (code != SQLITE_DONE || i != first->count)
        create->call.problem = sqlite_problem(writer->connection->db, &create->call.err);
    sqlite_rewind(statement);
    return create->call.problem == PROBLEM_NONE;
}

bool write_replay(struct writer *writer, struct store_create *create, int64_t now, bool *ret_known)
{
    struct first first = {0};

    if (!find_key(writer, create, now, &first, ret_known))
        return false;
    if (!*ret_known)
        return true;
    if (!first.same_digest || first.count != create->count) {
        create->call.problem = PROBLEM_IDEMPOTENCY_KEY_REUSED;
        return true;
    }
    create->jobs = ARENA_ARRAY(create->arena, struct job, create->count);
    if (create->jobs == NULL) {
        create->call.problem = problem_no_memory(&create->call.err);
        return true;
    }
    create->replayed = true;
    return read_ids(writer, create, &first);
}

/*
 * Two a key that comes: so the table shrinks back after a busy day, no create pays for more than
 * that, and no timer is needed.
 */
static bool forget_some(struct writer *writer, int64_t now, struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "DELETE FROM idempotency WHERE (account, key) IN (SELECT account, key "
                            "FROM idempotency WHERE created_on <= ?1 ORDER BY created_on LIMIT 2)");

    if (statement != NULL)
        sqlite3_bind_int64(statement, 1, now - KEY_LIFE_MS);
    return write_step(writer, statement, call);
}

bool write_key(struct writer *writer, struct store_create *create, int64_t now)
{
    /* One that has had its day may still be there under the same name. */
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "REPLACE INTO idempotency (account, key, digest, position, change, "
                            "count, created_on) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

    if (statement != NULL) {
        sqlite_bind_uuid(statement, 1, &create->key_account);
        sqlite_bind_span(statement, 2, create->key);
        sqlite3_bind_blob(statement, 3, create->key_digest, (int)sizeof(create->key_digest),
                          SQLITE_STATIC);
        sqlite3_bind_int64(statement, 4, writer->position - (int64_t)create->count + 1);
        sqlite3_bind_int64(statement, 5, writer->change - (int64_t)create->count + 1);
        sqlite3_bind_int64(statement, 6, (int64_t)create->count);
        sqlite3_bind_int64(statement, 7, now);
    }
    return write_step(writer, statement, &create->call) && forget_some(writer, now, &create->call);
}
