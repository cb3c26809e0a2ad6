/* Accounts: adding, changing and deleting one by its name, and the counter that tells of it. */
#include "store/account_action.h"
#include "store/sqlite/state.h"
#include "store/sqlite/write/write.h"

/* The account of this name, where there is one; false with the call's problem set. */
static bool find_account(struct writer *writer, struct store_account *action,
                         struct account *ret_account, bool *ret_found)
{
    struct sqlite_reader *connection = writer->connection;
    sqlite3_stmt *statement = sqlite_prepare_cached(connection, "SELECT " SQLITE_ACCOUNT_COLUMNS
                                                                " FROM account WHERE name = ?1");
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        sqlite_bind_span(statement, 1, span_of(action->account.name));
        code = sqlite3_step(statement);
    }
    *ret_found = code == SQLITE_ROW;
    action->call.problem = PROBLEM_NONE;
    if (code == SQLITE_ROW && !sqlite_account_row(statement, ret_account)) {
        action->call.problem = PROBLEM_INTERNAL;
        err_set(&action->call.err, "The store is damaged: an account cannot be read.");
    } else if (code != SQLITE_ROW && code != SQLITE_DONE) {
        action->call.problem = sqlite_problem(connection->db, &action->call.err);
    }
    sqlite_rewind(statement);
    return action->call.problem == PROBLEM_NONE;
}

#define INSERT                                                                                     \
    "INSERT INTO account (uuid, name, role, disabled, hash, created_on) "                          \
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
#define UPDATE "UPDATE account SET role = ?3, disabled = ?4, hash = ?5 WHERE uuid = ?1"

static bool put(struct writer *writer, const char *sql, struct store_account *action)
{
    const struct account *account = &action->account;
    sqlite3_stmt *statement = sqlite_prepare_cached(writer->connection, sql);

    if (statement != NULL) {
        sqlite_bind_uuid(statement, 1, &account->id);
        sqlite_bind_span(statement, 2, span_of(account->name));
        sqlite_bind_span(statement, 3, span_of(role_name(account->role)));
        sqlite3_bind_int(statement, 4, account->disabled);
        sqlite_bind_span(statement, 5, span_of(account->hash));
        sqlite3_bind_int64(statement, 6, account->created_on);
    }
    return write_step(writer, statement, &action->call);
}

static bool add(struct writer *writer, struct store_account *action)
{
    static const struct uuid none = {{0}};
    struct account *account = &action->account;

    if (uuid_eq(&account->id, &none))
        account->id = uuid_random();
    if (account->created_on == 0)
        account->created_on = write_now(writer);
    return put(writer, INSERT, action);
}

static bool change(struct writer *writer, struct store_account *action, struct account *kept)
{
    account_apply(kept, &action->account, action->members);
    action->account = *kept;
    return put(writer, UPDATE, action);
}

static bool delete (struct writer *writer, struct store_account *action, const struct account *kept)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer->connection, "DELETE FROM account WHERE uuid = ?1");

    action->account = *kept;
    if (statement != NULL)
        sqlite_bind_uuid(statement, 1, &kept->id);
    return write_step(writer, statement, &action->call);
}

static bool act(struct writer *writer, struct store_account *action, struct account *kept)
{
    switch (action->action) {
    case ACCOUNT_ADD:
        return add(writer, action);
    case ACCOUNT_CHANGE:
        return change(writer, action, kept);
    case ACCOUNT_DELETE:
        return delete (writer, action, kept);
    }
    return false;
}

bool write_account(struct writer *writer, struct store_account *action)
{
    struct account kept;
    bool found;

    if (!find_account(writer, action, &kept, &found))
        return false;
    action->call.problem = account_action_check(action, found, &action->call.err);
    if (action->call.problem != PROBLEM_NONE)
        return true;
    return act(writer, action, &kept) &&
           write_step(writer,
                      sqlite_prepare_cached(writer->connection, "UPDATE meta SET value = value + 1 "
                                                                "WHERE key = 'accounts_version'"),
                      &action->call);
}
