/* Reads: a job, the accounts. */
#include "store/postgres/read.h"

#include "base/scope.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"

#include <assert.h>

enum problem pg_failed(const struct pg_connection *connection, struct err *err)
{
    *err = connection->err;
    return connection->problem;
}

static enum problem get(struct pg_connection *connection, struct store_get *get)
{
    struct pg_params params = {0};
    const PGresult *result;
    int64_t position;

    if (!uuid_position(&get->id, &position))
        return PROBLEM_JOB_NOT_FOUND;
    param_number(&params, position);
    param_uuid(&params, &get->id);
    result = pg_ask(connection,
                    "SELECT " PG_JOB_COLUMNS " FROM " PG_JOB_TABLES
                    " WHERE job.position = $1 AND job.id = $2",
                    &params);
    if (result == NULL)
        return pg_failed(connection, &get->call.err);
    if (pg_rows(result) == 0)
        return PROBLEM_JOB_NOT_FOUND;
    return pg_job_row(pg_first(result), get->arena, &get->job, &get->call.err);
}

static enum problem detail(struct pg_connection *connection, struct pg_store *store,
                           struct store_detail *detail)
{
    struct pg_params params = {0};
    const PGresult *result;
    enum problem problem;
    int64_t position;

    if (!uuid_position(&detail->id, &position))
        return PROBLEM_JOB_NOT_FOUND;
    param_number(&params, position);
    param_uuid(&params, &detail->id);
    result = pg_ask(connection,
                    "SELECT " PG_JOB_COLUMNS ", " PG_LEASE_COLUMNS ", (SELECT begins + "
                    "octet_length(bytes) FROM output WHERE output.position = job.position "
                    "ORDER BY begins DESC LIMIT 1) FROM " PG_JOB_TABLES
                    " LEFT JOIN lease USING (position) WHERE job.position = $1 AND job.id = $2",
                    &params);
    if (result == NULL)
        return pg_failed(connection, &detail->call.err);
    if (pg_rows(result) == 0)
        return PROBLEM_JOB_NOT_FOUND;
    detail->now = shared_clock_now(&store->clock);
    detail->output_size =
        row_number(pg_first(result), PG_JOB_COLUMN_COUNT + PG_LEASE_COLUMN_COUNT, 0);
    problem = pg_job_row(pg_first(result), detail->arena, &detail->job, &detail->call.err);
    if (problem == PROBLEM_NONE)
        problem = pg_lease_row(pg_first(result), PG_JOB_COLUMN_COUNT, detail->arena, &detail->lease,
                               &detail->call.err);
    return problem;
}

/* One statement sees one moment; there is always a row, which may hold no account. */
static enum problem accounts(struct pg_connection *connection, struct store_accounts *accounts)
{
    const PGresult *result =
        pg_ask(connection,
               "SELECT " PG_ACCOUNT_COLUMNS ", version FROM accounts_version LEFT JOIN account ON "
               "TRUE ORDER BY name",
               NULL);

    if (result == NULL)
        return pg_failed(connection, &accounts->call.err);
    accounts->version = row_number(pg_first(result), 6, 0);
    accounts->count = row_is_null(pg_first(result), 0) ? 0 : pg_rows(result);
    accounts->accounts = ARENA_ARRAY(accounts->arena, struct account, pg_rows(result));
    if (accounts->accounts == NULL)
        return problem_no_memory(&accounts->call.err);
    for (size_t i = 0; i < accounts->count; i++) {
        if (pg_account_row((struct pg_row){result, (int)i}, &accounts->accounts[i]))
            continue;
        err_set(&accounts->call.err, "The store is damaged: an account cannot be read.");
        return PROBLEM_INTERNAL;
    }
    return PROBLEM_NONE;
}

static enum problem version(struct pg_connection *connection, struct read_version *version)
{
    const PGresult *result = pg_ask(connection, "SELECT version FROM accounts_version", NULL);

    if (result == NULL)
        return pg_failed(connection, &version->call.err);
    version->version = row_number(pg_first(result), 0, 0);
    return PROBLEM_NONE;
}

enum problem pg_read(struct pg_connection *connection, struct pg_store *store,
                     struct store_call *call)
{
    switch ((enum read_operation)call->operation) {
    case READ_GET:
        return get(connection, CONTAINER_OF(call, struct store_get, call));
    case READ_FIND:
        return pg_find(connection, CONTAINER_OF(call, struct store_find, call));
    case READ_DETAIL:
        return detail(connection, store, CONTAINER_OF(call, struct store_detail, call));
    case READ_OUTPUT:
        return pg_read_output(connection, CONTAINER_OF(call, struct store_output, call));
    case READ_SESSION:
        return pg_read_session(connection, store,
                               CONTAINER_OF(call, struct store_session_get, call));
    case READ_SESSIONS:
        return pg_read_sessions(connection, store, CONTAINER_OF(call, struct store_sessions, call));
    case READ_CHANGES:
        return pg_read_changes(connection, CONTAINER_OF(call, struct store_changes, call));
    case READ_SUMMARY:
        return pg_read_summary(connection, CONTAINER_OF(call, struct store_summary, call));
    case READ_STATISTICS:
        return pg_read_statistics(connection, CONTAINER_OF(call, struct store_statistics, call));
    case READ_STALLED:
        return pg_read_stalled(connection, CONTAINER_OF(call, struct store_stalled, call));
    case READ_ACCOUNTS:
        return accounts(connection, CONTAINER_OF(call, struct store_accounts, call));
    case READ_EXPORT:
        return pg_read_export(connection, CONTAINER_OF(call, struct store_export, call));
    case READ_VERSION:
        return version(connection, CONTAINER_OF(call, struct read_version, call));
    }
    assert(false);
    return PROBLEM_INTERNAL;
}
