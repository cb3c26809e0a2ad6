/* Opening and closing a PostgreSQL store: the schema, the clock, the threads. */
#include "base/mem.h"
#include "store/postgres/guard.h"
#include "store/postgres/migrate.h"
#include "store/postgres/postgres.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Whoever comes first makes the key; all have the same. */
static enum problem read_cursor_key(struct pg_store *store, struct pg_connection *connection)
{
    struct pg_params params = {0};
    char key[CURSOR_KEY_SIZE];
    const PGresult *result;
    struct span kept;

    if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
        return PROBLEM_INTERNAL;
    param_bytes(&params, (struct span){key, sizeof(key)});
    pg_send(connection,
            "INSERT INTO meta (key, value) VALUES ('cursor_key', $1) ON CONFLICT DO NOTHING",
            &params);
    result = pg_ask(connection, "SELECT value FROM meta WHERE key = 'cursor_key'", NULL);
    if (result == NULL)
        return connection->problem;
    kept = row_span(pg_first(result), 0);
    if (kept.len != CURSOR_KEY_SIZE)
        return PROBLEM_INTERNAL;
    memcpy(store->store.cursor_key, kept.ptr, kept.len);
    pg_clear(connection);
    return PROBLEM_NONE;
}

/* The mark of a store that another one is being moved into. */
static enum problem read_source(struct pg_store *store, struct pg_connection *connection)
{
    const PGresult *result =
        pg_ask(connection, "SELECT value FROM meta WHERE key = 'moved_from'", NULL);
    struct span source;

    if (result == NULL)
        return connection->problem;
    store->store.unfinished = pg_rows(result) > 0;
    if (store->store.unfinished) {
        source = row_span(pg_first(result), 0);
        if (source.len == DIGEST_SIZE)
            memcpy(store->store.source, source.ptr, DIGEST_SIZE);
    }
    pg_clear(connection);
    return PROBLEM_NONE;
}

static enum problem open_clock(struct pg_store *store, struct pg_connection *connection)
{
    const PGresult *result = pg_ask(
        connection, "SELECT lease_time, kept_on, hashtextextended(current_schema(), 0) FROM writer",
        NULL);
    struct kept_time kept;

    if (result == NULL)
        return connection->problem;
    kept =
        (struct kept_time){row_number(pg_first(result), 0, 0), row_number(pg_first(result), 1, 0)};
    shared_clock_open(&store->clock, store->store.clock, kept);
    /* The name itself may be as long as a channel's. */
    snprintf(store->channel, sizeof(store->channel), "jobd %016" PRIx64,
             (uint64_t)row_number(pg_first(result), 2, 0));
    pg_clear(connection);
    return PROBLEM_NONE;
}

/* Marks of daemons that are long gone. */
#define DAEMON_LIFE_MS (INT64_C(7) * 24 * 3600 * 1000)

static void forget_daemons(struct pg_store *store, struct pg_connection *connection)
{
    struct pg_params params = {0};

    param_number(&params, clock_wall_ms(store->store.clock) - DAEMON_LIFE_MS);
    pg_ask(connection, "DELETE FROM daemon WHERE seen_on < $1", &params);
    pg_clear(connection);
}

/* A daemon's guard is its listener's connection; here it only sees whether it may start. */
static bool take_guard(struct pg_store *store, PGconn *conn, const struct store_options *options,
                       struct err *err)
{
    if (options->daemon)
        return guard_share(conn, GUARD_LINGER_MS, err);
    if (!options->move)
        return true;
    if (!guard_take(conn, GUARD_LINGER_MS, err))
        return false;
    store->guard = conn;
    return true;
}

/* What is read once, by a connection of its own. */
static bool prepare(struct pg_store *store, const struct store_options *options, struct err *err)
{
    struct pg_connection connection;
    enum problem problem;
    PGconn *conn = pg_open(store->url, err);
    bool fine = conn != NULL && pg_migrate(conn, err) && take_guard(store, conn, options, err);

    if (conn != store->guard)
        PQfinish(conn);
    if (!fine || pg_connect(&connection, store->url, err) != PROBLEM_NONE)
        return false;
    problem = read_cursor_key(store, &connection);
    if (problem == PROBLEM_NONE)
        problem = open_clock(store, &connection);
    if (problem == PROBLEM_NONE)
        problem = read_source(store, &connection);
    if (problem == PROBLEM_NONE && options->daemon)
        forget_daemons(store, &connection);
    if (problem != PROBLEM_NONE)
        err_set(err, "The database cannot be opened: %s", connection.err.text);
    pg_disconnect(&connection);
    return problem == PROBLEM_NONE;
}

static bool start_daemon(struct pg_store *store, struct err *err)
{
    if (!listener_start(&store->listener, store, err))
        return false;
    if (indexer_start(&store->indexer, store, err))
        return true;
    listener_stop(&store->listener);
    return false;
}

static bool start(struct pg_store *store, bool daemon, struct err *err)
{
    if (!readers_start(&store->readers, store, err))
        return false;
    if (pg_writer_start(&store->writer, store, err)) {
        store->daemon = daemon;
        if (!daemon || start_daemon(store, err))
            return true;
        pg_writer_stop(&store->writer);
    }
    readers_stop(&store->readers);
    return false;
}

static void pg_free(struct pg_store *store)
{
    PQfinish(store->guard);
    observed_release(&store->observed);
    reach_release(&store->reach);
    mem_free(store->url);
    mem_free(store);
}

static void pg_close(struct store *base)
{
    struct pg_store *store = pg_store_of(base);

    if (store->daemon)
        listener_stop(&store->listener);
    pg_writer_stop(&store->writer);
    if (store->daemon)
        indexer_stop(&store->indexer);
    readers_stop(&store->readers);
    pg_free(store);
}

static void write_call(struct store *store, struct store_call *call, enum write_operation operation)
{
    call_queue_add(&pg_store_of(store)->writer.queue, call, operation);
}

static void read_call(struct store *store, struct store_call *call, enum read_operation operation)
{
    readers_add(&pg_store_of(store)->readers, call, operation);
}

static void pg_get(struct store *store, struct store_get *get)
{
    read_call(store, &get->call, READ_GET);
}

static void pg_find_call(struct store *store, struct store_find *find)
{
    read_call(store, &find->call, READ_FIND);
}

static void pg_detail(struct store *store, struct store_detail *detail)
{
    read_call(store, &detail->call, READ_DETAIL);
}

static void pg_append(struct store *store, struct store_append *append)
{
    write_call(store, &append->call, WRITE_APPEND);
}

static void pg_output(struct store *store, struct store_output *output)
{
    read_call(store, &output->call, READ_OUTPUT);
}

static void pg_session_get(struct store *store, struct store_session_get *get)
{
    read_call(store, &get->call, READ_SESSION);
}

static void pg_sessions(struct store *store, struct store_sessions *sessions)
{
    read_call(store, &sessions->call, READ_SESSIONS);
}

static void pg_session(struct store *store, struct store_session *session)
{
    write_call(store, &session->call, WRITE_SESSION);
}

static void pg_summary(struct store *store, struct store_summary *summary)
{
    read_call(store, &summary->call, READ_SUMMARY);
}

static void pg_statistics(struct store *store, struct store_statistics *statistics)
{
    read_call(store, &statistics->call, READ_STATISTICS);
}

static void pg_changes(struct store *store, struct store_changes *changes)
{
    read_call(store, &changes->call, READ_CHANGES);
}

static void pg_stalled(struct store *store, struct store_stalled *stalled)
{
    read_call(store, &stalled->call, READ_STALLED);
}

static void pg_accounts(struct store *store, struct store_accounts *accounts)
{
    read_call(store, &accounts->call, READ_ACCOUNTS);
}

static void pg_create(struct store *store, struct store_create *create)
{
    write_call(store, &create->call, WRITE_CREATE);
}

static void pg_update(struct store *store, struct store_update *update)
{
    write_call(store, &update->call, WRITE_UPDATE);
}

static void pg_account(struct store *store, struct store_account *account)
{
    write_call(store, &account->call, WRITE_ACCOUNT);
}

static void pg_claim(struct store *store, struct store_claim *claim)
{
    write_call(store, &claim->call, WRITE_CLAIM);
}

static void pg_reap(struct store *store, struct store_reap *reap)
{
    reap->expired = reap->readied = reap->sessions = 0;
    reap->more = false;
    observed_reap_begins(&pg_store_of(store)->observed);
    write_call(store, &reap->call, WRITE_REAP);
}

static void pg_probe(struct store *store, struct store_probe *probe)
{
    struct pg_writer *writer = &pg_store_of(store)->writer;

    call_queue_probe(&writer->queue, probe, atomic_load(&writer->failed));
}

static void pg_export(struct store *store, struct store_export *export)
{
    read_call(store, &export->call, READ_EXPORT);
}

static void pg_import(struct store *store, struct store_import *import)
{
    write_call(store, &import->call, WRITE_IMPORT);
}

static void pg_observe(struct store *store, struct store_observer *observer)
{
    observed_add(&pg_store_of(store)->observed, observer);
}

static void pg_unobserve(struct store *store, struct store_observer *observer)
{
    observed_remove(&pg_store_of(store)->observed, observer);
}

static int64_t pg_accounts_version(struct store *store)
{
    struct read_version version = {.version = -1};
    struct store_waiter waiter;

    store_waiter_init(&waiter, &version.call);
    read_call(store, &version.call, READ_VERSION);
    store_waiter_wait(&waiter);
    return version.call.problem == PROBLEM_NONE ? version.version : -1;
}

static const struct store_ops ops = {
    .get = pg_get,
    .find = pg_find_call,
    .detail = pg_detail,
    .append = pg_append,
    .output = pg_output,
    .session_get = pg_session_get,
    .sessions = pg_sessions,
    .session = pg_session,
    .summary = pg_summary,
    .statistics = pg_statistics,
    .stalled = pg_stalled,
    .changes = pg_changes,
    .accounts = pg_accounts,
    .create = pg_create,
    .update = pg_update,
    .account = pg_account,
    .claim = pg_claim,
    .reap = pg_reap,
    .probe = pg_probe,
    .export = pg_export,
    .import = pg_import,
    .observe = pg_observe,
    .unobserve = pg_unobserve,
    .accounts_version = pg_accounts_version,
    .close = pg_close,
};

bool postgres_open(const char *url, const struct store_options *options, struct store **ret_store,
                   struct err *err)
{
    struct pg_store *store = mem_alloc(1, sizeof(*store));

    if (store == NULL)
        return err_set(err, "There is not enough memory.");
    store->store.ops = &ops;
    store->store.clock = options->clock != NULL ? options->clock : &clock_system;
    store->id = uuid_random();
    store->url = mem_strdup(url);
    observed_init(&store->observed);
    reach_init(&store->reach);
    if (store->url == NULL || !prepare(store, options, err) ||
        !start(store, options->daemon, err)) {
        pg_free(store);
        return false;
    }
    *ret_store = &store->store;
    return true;
}
