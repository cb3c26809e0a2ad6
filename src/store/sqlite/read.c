/* Reads: answered at once, on the caller's thread, by a connection of the pool. */
#include "store/sqlite/connection.h"
#include "store/sqlite/state.h"

#include "base/metrics.h"
#include "base/scope.h"

struct sqlite_reader *sqlite_reader_acquire(struct sqlite_store *store, struct err *err)
{
    return pool_take(&store->pool, err);
}

void sqlite_reader_release(struct sqlite_store *store, struct sqlite_reader *reader)
{
    pool_give(&store->pool, reader);
}

void sqlite_read(struct store *store, struct store_call *call,
                 enum problem (*read)(struct sqlite_store *store, struct sqlite_reader *reader,
                                      struct store_call *call))
{
    struct sqlite_store *sqlite = sqlite_store_of(store);
    struct sqlite_reader *reader;
    enum problem problem = PROBLEM_STORE_UNAVAILABLE;

    call->err.text[0] = '\0';
    reader = sqlite_reader_acquire(sqlite, &call->err);
    if (reader != NULL) {
        problem = read(sqlite, reader, call);
        sqlite_reader_release(sqlite, reader);
    }
    metric_add(METRIC_STORE_READS, 1);
    call->problem = problem;
    call->done(call);
}

/* Of a statement with its values bound. */
static enum problem read_job(struct sqlite_reader *reader, sqlite3_stmt *statement,
                             struct arena *arena, struct job *ret_job, struct err *err)
{
    int code = sqlite3_step(statement);
    enum problem problem;

    if (code == SQLITE_ROW)
        problem = sqlite_job_row(reader, statement, arena, ret_job, err);
    else
        problem = code == SQLITE_DONE ? PROBLEM_JOB_NOT_FOUND : sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

enum problem sqlite_load_job_at(struct sqlite_reader *reader, int64_t position, struct arena *arena,
                                struct job *ret_job, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT " SQLITE_JOB_COLUMNS " FROM job WHERE position = ?1");

    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, position);
    return read_job(reader, statement, arena, ret_job, err);
}

/* The position lies in the id, so the primary key finds the row, whose id must be the one asked. */
enum problem sqlite_load_job(struct sqlite_reader *reader, const struct uuid *id,
                             struct arena *arena, struct job *ret_job, struct err *err)
{
    sqlite3_stmt *statement;
    int64_t position;

    if (!uuid_position(id, &position))
        return PROBLEM_JOB_NOT_FOUND;
    statement = sqlite_prepare_cached(reader, "SELECT " SQLITE_JOB_COLUMNS
                                              " FROM job WHERE position = ?1 AND id = ?2");
    if (statement == NULL)
        return sqlite_problem(reader->db, err);
    sqlite3_bind_int64(statement, 1, position);
    sqlite_bind_uuid(statement, 2, id);
    return read_job(reader, statement, arena, ret_job, err);
}

static enum problem get(struct sqlite_store *store, struct sqlite_reader *reader,
                        struct store_call *call)
{
    struct store_get *get = CONTAINER_OF(call, struct store_get, call);

    (void)store;
    return sqlite_load_job(reader, &get->id, get->arena, &get->job, &call->err);
}

void sqlite_read_get(struct store *store, struct store_get *operation)
{
    sqlite_read(store, &operation->call, get);
}

static enum problem output_size(struct sqlite_reader *reader, int64_t position, int64_t *ret_size,
                                struct err *err)
{
    int64_t offset, length;

    if (!sqlite_output_end(reader, position, &offset, &length))
        return sqlite_problem(reader->db, err);
    *ret_size = offset + length;
    return PROBLEM_NONE;
}

static enum problem detail(struct sqlite_store *store, struct sqlite_reader *reader,
                           struct store_call *call)
{
    struct store_detail *operation = CONTAINER_OF(call, struct store_detail, call);
    struct arena *arena = operation->arena;
    struct job *job = &operation->job;
    enum problem problem = sqlite_load_job(reader, &operation->id, arena, job, &call->err);

    operation->now = lease_clock_now(&store->lease_clock);
    if (problem == PROBLEM_NONE)
        problem = sqlite_load_lease(reader, job, arena, &operation->lease, &call->err);
    if (problem == PROBLEM_NONE)
        problem = output_size(reader, job->position, &operation->output_size, &call->err);
    return problem;
}

void sqlite_read_detail(struct store *store, struct store_detail *operation)
{
    sqlite_read(store, &operation->call, detail);
}

static enum problem find(struct sqlite_store *store, struct sqlite_reader *reader,
                         struct store_call *call)
{
    return sqlite_find(store, reader, CONTAINER_OF(call, struct store_find, call));
}

void sqlite_read_find(struct store *store, struct store_find *operation)
{
    sqlite_read(store, &operation->call, find);
}

/* Copies a text of the row into an array of `size` bytes, NUL included. */
static bool copy_text(sqlite3_stmt *row, int column, char *target, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);

    if (text == NULL || len >= size)
        return false;
    memcpy(target, text, len + 1);
    return true;
}

bool sqlite_account_row(sqlite3_stmt *row, struct account *ret_account)
{
    struct account account = {
        .disabled = sqlite3_column_int(row, 3) != 0,
        .created_on = sqlite3_column_int64(row, 5),
    };
    const void *id = sqlite3_column_blob(row, 0);

    if (id == NULL || sqlite3_column_bytes(row, 0) != (int)sizeof(account.id.bytes) ||
        !copy_text(row, 1, account.name, sizeof(account.name)) ||
        !role_parse(span_of((const char *)sqlite3_column_text(row, 2)), &account.role) ||
        !copy_text(row, 4, account.hash, sizeof(account.hash)))
        return false;
    memcpy(account.id.bytes, id, sizeof(account.id.bytes));
    *ret_account = account;
    return true;
}

/* `room` accounts at most, which is how many there are within the transaction. */
static enum problem read_rows(struct sqlite_reader *reader, sqlite3_stmt *statement,
                              struct store_accounts *accounts, size_t room)
{
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (accounts->count == room ||
            !sqlite_account_row(statement, &accounts->accounts[accounts->count])) {
            err_set(&accounts->call.err, "The store is damaged: an account cannot be read.");
            return PROBLEM_INTERNAL;
        }
        accounts->count++;
    }
    return code == SQLITE_DONE ? PROBLEM_NONE : sqlite_problem(reader->db, &accounts->call.err);
}

#define ACCOUNTS_VERSION "SELECT value FROM meta WHERE key = 'accounts_version'"

static enum problem read_accounts(struct sqlite_store *store, struct sqlite_reader *reader,
                                  struct store_call *call)
{
    struct store_accounts *accounts = CONTAINER_OF(call, struct store_accounts, call);
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, "SELECT " SQLITE_ACCOUNT_COLUMNS
                                                            " FROM account ORDER BY name");
    struct err *err = &call->err;
    enum problem problem;
    int64_t count;

    (void)store;
    if (statement == NULL || !connection_number(reader, ACCOUNTS_VERSION, &accounts->version) ||
        !connection_number(reader, "SELECT count(*) FROM account", &count))
        return sqlite_problem(reader->db, err);
    accounts->count = 0;
    accounts->accounts = ARENA_ARRAY(accounts->arena, struct account, (size_t)count);
    if (accounts->accounts == NULL)
        return problem_no_memory(err);
    problem = read_rows(reader, statement, accounts, (size_t)count);
    sqlite_rewind(statement);
    return problem;
}

void sqlite_read_accounts(struct store *store, struct store_accounts *accounts)
{
    sqlite_read(store, &accounts->call, read_accounts);
}

/* A counter in the database rather than SQLite's data_version: it only moves when accounts do. */
int64_t sqlite_read_accounts_version(struct store *store)
{
    struct sqlite_store *sqlite = sqlite_store_of(store);
    struct sqlite_reader *reader = sqlite_reader_acquire(sqlite, NULL);
    int64_t version = -1;

    if (reader == NULL)
        return -1;
    if (!connection_number(reader, ACCOUNTS_VERSION, &version))
        version = -1;
    sqlite_reader_release(sqlite, reader);
    return version;
}

bool sqlite_lease_time(struct sqlite_reader *reader, int64_t *ret_time)
{
    return connection_number(reader, "SELECT value FROM meta WHERE key = 'lease_time'", ret_time);
}
