/* Sessions: looked up by the digests of their tokens, added, deleted, ended when they are over. */
#include "base/scope.h"
#include "store/sqlite/state.h"
#include "store/sqlite/write/write.h"

static void bind_digest(sqlite3_stmt *statement, int index, const uint8_t *digest)
{
    sqlite3_bind_blob(statement, index, digest, DIGEST_SIZE, SQLITE_STATIC);
}

/* Copies a blob of the row that must have this size. */
static bool copy_blob(sqlite3_stmt *row, int column, void *target, size_t size)
{
    const void *bytes = sqlite3_column_blob(row, column);

    if (bytes == NULL || sqlite3_column_bytes(row, column) != (int)size)
        return false;
    memcpy(target, bytes, size);
    return true;
}

static enum problem read_row(sqlite3_stmt *row, struct session *session, struct err *err)
{
    if (!copy_blob(row, 0, session->account.bytes, sizeof(session->account.bytes)) ||
        !copy_blob(row, 1, session->proof, sizeof(session->proof))) {
        err_set(err, "The store is damaged: a session cannot be read.");
        return PROBLEM_INTERNAL;
    }
    session->created_on = sqlite3_column_int64(row, 2);
    session->expires_on = sqlite3_column_int64(row, 3);
    return PROBLEM_NONE;
}

/* A statement that gives the session of the token, if it is there at `now`; NULL on an error. */
static sqlite3_stmt *look_up(struct sqlite_reader *reader, const uint8_t *token, int64_t now)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT account, proof, created_on, expires_on FROM session "
                                      "WHERE token = ?1 AND expires_on > ?2");

    if (statement == NULL)
        return NULL;
    bind_digest(statement, 1, token);
    sqlite3_bind_int64(statement, 2, now);
    return statement;
}

static enum problem get(struct sqlite_store *store, struct sqlite_reader *reader,
                        struct store_call *call)
{
    struct session *session = &CONTAINER_OF(call, struct store_session_get, call)->session;
    sqlite3_stmt *statement = look_up(reader, session->token, clock_wall_ms(store->store.clock));
    enum problem problem = PROBLEM_NOT_AUTHENTICATED;
    int code;

    if (statement == NULL)
        return sqlite_problem(reader->db, &call->err);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        problem = read_row(statement, session, &call->err);
    else if (code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, &call->err);
    sqlite_rewind(statement);
    return problem;
}

void sqlite_read_session(struct store *store, struct store_session_get *operation)
{
    sqlite_read(store, &operation->call, get);
}

static enum problem get_many(struct sqlite_store *store, struct sqlite_reader *reader,
                             struct store_call *call)
{
    struct store_sessions *sessions = CONTAINER_OF(call, struct store_sessions, call);
    int64_t now = clock_wall_ms(store->store.clock);

    for (size_t i = 0; i < sessions->count; i++) {
        sqlite3_stmt *statement = look_up(reader, sessions->tokens[i], now);
        int code = statement == NULL ? SQLITE_ERROR : sqlite3_step(statement);
        enum problem problem = code == SQLITE_ROW || code == SQLITE_DONE
                                   ? PROBLEM_NONE
                                   : sqlite_problem(reader->db, &call->err);
        if (statement != NULL)
            sqlite_rewind(statement);
        if (problem != PROBLEM_NONE)
            return problem;
        sessions->ret_there[i] = code == SQLITE_ROW;
    }
    return PROBLEM_NONE;
}

void sqlite_read_sessions(struct store *store, struct store_sessions *operation)
{
    sqlite_read(store, &operation->call, get_many);
}

static bool insert(struct writer *writer, const struct session *session, struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "INSERT INTO session (token, account, proof, created_on, expires_on) "
                            "VALUES (?1, ?2, ?3, ?4, ?5)");

    if (statement != NULL) {
        bind_digest(statement, 1, session->token);
        sqlite_bind_uuid(statement, 2, &session->account);
        bind_digest(statement, 3, session->proof);
        sqlite3_bind_int64(statement, 4, session->created_on);
        sqlite3_bind_int64(statement, 5, session->expires_on);
    }
    return write_step(writer, statement, call);
}

/* Before the new one comes, which may have the oldest time after the clock was set. */
static bool make_room(struct writer *writer, struct store_session *action)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection,
        "DELETE FROM session WHERE token IN (SELECT token FROM session INDEXED BY session_account "
        "WHERE account = ?1 ORDER BY created_on DESC LIMIT -1 OFFSET ?2)");

    if (statement != NULL) {
        sqlite_bind_uuid(statement, 1, &action->session.account);
        sqlite3_bind_int64(statement, 2, (int64_t)action->keep - 1);
    }
    return write_step(writer, statement, &action->call);
}

static bool delete_one(struct writer *writer, struct store_session *action)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer->connection, "DELETE FROM session WHERE token = ?1");

    if (statement != NULL)
        bind_digest(statement, 1, action->session.token);
    return write_step(writer, statement, &action->call);
}

bool write_session(struct writer *writer, struct store_session *action)
{
    action->call.problem = PROBLEM_NONE;
    switch (action->action) {
    case SESSION_ADD:
        return make_room(writer, action) && insert(writer, &action->session, &action->call);
    case SESSION_DELETE:
        return delete_one(writer, action);
    }
    return false;
}

bool write_session_end(struct writer *writer, struct store_call *call)
{
    return write_step(
        writer,
        sqlite_prepare_cached(writer->connection,
                              "DELETE FROM session WHERE token = (SELECT token FROM session "
                              "INDEXED BY session_expiry ORDER BY expires_on LIMIT 1)"),
        call);
}
