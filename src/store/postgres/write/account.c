/* Accounts: adding, changing and deleting one by its name, and the counter that tells of it. */
#include "base/scope.h"
#include "store/account_action.h"
#include "store/postgres/row.h"
#include "store/postgres/write/batch.h"

/*
 * Accounts change rarely, so each statement makes its own way. What was sent before goes with the
 * first of them.
 */
static const PGresult *ask(struct pg_batch *batch, const char *sql, const struct pg_params *params)
{
    batch->wrote = true;
    return pg_ask(batch->connection, sql, params);
}

static bool find(struct pg_batch *batch, struct store_account *action, struct account *ret_account,
                 bool *ret_found)
{
    struct pg_params params = {0};
    const PGresult *result;
    bool good;

    param_text(&params, span_of(action->account.name));
    result = ask(batch, "SELECT " PG_ACCOUNT_COLUMNS " FROM account WHERE name = $1", &params);
    if (result == NULL)
        return false;
    /* What was sent before the question was answered before it. */
    *ret_found = pg_rows(result) > 0;
    good = !*ret_found || pg_account_row(pg_first(result), ret_account);
    pg_clear(batch->connection);
    if (good)
        return true;
    err_set(&action->call.err, "The store is damaged: an account cannot be read.");
    action->call.problem = PROBLEM_INTERNAL;
    return false;
}

static bool put(struct pg_batch *batch, const char *sql, const struct account *account)
{
    struct pg_params params = {0};

    param_uuid(&params, &account->id);
    param_text(&params, span_of(account->name));
    param_text(&params, span_of(role_name(account->role)));
    param_bool(&params, account->disabled);
    param_text(&params, span_of(account->hash));
    param_number(&params, account->created_on);
    pg_send(batch->connection, sql, &params);
    return true;
}

static bool add(struct pg_batch *batch, struct account *account)
{
    static const struct uuid none = {{0}};

    if (uuid_eq(&account->id, &none))
        account->id = uuid_random();
    if (account->created_on == 0)
        account->created_on = batch->now.wall;
    return put(batch,
               "INSERT INTO account (uuid, name, role, disabled, hash, created_on) "
               "VALUES ($1, $2, $3, $4, $5, $6)",
               account);
}

static bool change(struct pg_batch *batch, struct store_account *action, struct account *kept)
{
    account_apply(kept, &action->account, action->members);
    action->account = *kept;
    /* All six, so that both statements have the same parameters. */
    return put(batch,
               "UPDATE account SET name = $2, role = $3, disabled = $4, hash = $5, created_on = $6 "
               "WHERE uuid = $1",
               kept);
}

static bool delete (struct pg_batch *batch, struct store_account *action,
                    const struct account *kept)
{
    struct pg_params params = {0};

    action->account = *kept;
    param_uuid(&params, &kept->id);
    pg_send(batch->connection, "DELETE FROM account WHERE uuid = $1", &params);
    return true;
}

static bool act(struct pg_batch *batch, struct store_account *action, struct account *kept)
{
    switch (action->action) {
    case ACCOUNT_ADD:
        return add(batch, &action->account);
    case ACCOUNT_CHANGE:
        return change(batch, action, kept);
    case ACCOUNT_DELETE:
        return delete (batch, action, kept);
    }
    return false;
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    struct store_account *action = CONTAINER_OF(step->call, struct store_account, call);
    struct account kept = {0};
    bool found;

    if (!find(batch, action, &kept, &found))
        return false;
    action->call.problem = account_action_check(action, found, &action->call.err);
    if (action->call.problem != PROBLEM_NONE)
        return true;
    pg_send(batch->connection, "UPDATE accounts_version SET version = version + 1", NULL);
    return act(batch, action, &kept);
}

const struct pg_operation pg_account_operation = {.run = run};
