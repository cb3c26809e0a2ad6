/* Opening and closing a SQLite store: the file, its lock, its schema, its threads. */
#include "store/sqlite/connection.h"
#include "store/sqlite/due.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/state.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A file that is there is not opened here: closing it again would release SQLite's own locks on it,
 * if this process had it open already.
 */
static bool create_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == EEXIST)
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        return err_set(err, "The directory of the store %s does not exist.", path);
    return err_set(err, "The store %s cannot be created: %s.", path, strerror(errno));
}

/* One name for one file, whatever way leads there: the lock is beside it. */
static bool resolve(const char *path, char ret_path[static PATH_MAX], struct err *err)
{
    struct stat file;

    if (*path == '\0')
        return err_set(err, "The store sqlite: needs a path.");
    if (!create_file(path, err))
        return false;
    if (realpath(path, ret_path) == NULL || stat(ret_path, &file) != 0)
        return err_set(err, "The store %s cannot be opened: %s.", path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return err_set(err, "The store %s is not a file.", path);
    return true;
}

/* Under the lock, with the schema in place. */
static bool make_cursor_key(struct sqlite_reader *writer)
{
    uint8_t key[CURSOR_KEY_SIZE];
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT OR IGNORE INTO meta (key, value) VALUES ('cursor_key', ?1)");
    bool done = false;

    if (statement != NULL && getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key)) {
        sqlite3_bind_blob(statement, 1, key, (int)sizeof(key), SQLITE_STATIC);
        done = sqlite3_step(statement) == SQLITE_DONE;
    }
    sqlite_rewind(statement);
    return done;
}

static bool read_cursor_key(struct sqlite_store *store, struct sqlite_reader *writer,
                            struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "SELECT value FROM meta WHERE key = 'cursor_key'");
    bool found = statement != NULL && sqlite3_step(statement) == SQLITE_ROW &&
                 sqlite3_column_bytes(statement, 0) == CURSOR_KEY_SIZE;

    if (found)
        memcpy(store->store.cursor_key, sqlite3_column_blob(statement, 0), CURSOR_KEY_SIZE);
    sqlite_rewind(statement);
    return found || err_set(err, "The store %s is damaged: it has no cursor key.", store->path);
}

/* The mark of a store that another one is being moved into. */
static bool read_source(struct sqlite_store *store, struct sqlite_reader *writer, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "SELECT value FROM meta WHERE key = 'moved_from'");
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    store->store.unfinished = code == SQLITE_ROW;
    if (code == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == DIGEST_SIZE)
        memcpy(store->store.source, sqlite3_column_blob(statement, 0), DIGEST_SIZE);
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ||
           err_set(err, "The store %s cannot be opened: %s.", store->path,
                   sqlite3_errmsg(writer->db));
}

static bool migrate(struct sqlite_store *store, struct sqlite_reader *writer, struct err *err)
{
    if (!migrate_run(writer, store->path, migrate_latest(), err))
        return false;
    return make_cursor_key(writer) || err_set(err, "The store %s cannot be opened: %s.",
                                              store->path, sqlite3_errmsg(writer->db));
}

static bool open_lease_clock(struct sqlite_store *store, struct sqlite_reader *writer,
                             struct err *err)
{
    int64_t last;

    if (!sqlite_lease_time(writer, &last))
        return err_set(err, "The store %s cannot be opened: %s.", store->path,
                       sqlite3_errmsg(writer->db));
    store->lease_clock = lease_clock_open(store->store.clock, last);
    return true;
}

/* Only who has the lock may change the schema, so that none changes under a daemon. */
static bool prepare(struct sqlite_store *store, struct sqlite_reader *writer, struct err *err)
{
    int lock = -1;
    bool needed, done;

    if (!migrate_check(writer, store->path, &needed, err))
        return false;
    if (needed) {
        if (store->lock_fd < 0 && !sqlite_lock(store->path, &lock, err))
            return false;
        done = migrate(store, writer, err);
        sqlite_unlock(lock);
        if (!done)
            return false;
    }
    return open_lease_clock(store, writer, err) && read_cursor_key(store, writer, err) &&
           read_source(store, writer, err);
}

/* The threads that only a daemon's store has. */
static bool start_checkpoints(struct sqlite_store *store, struct sqlite_reader *writer,
                              struct err *err)
{
    struct sqlite_reader *connection;

    if (!connection_open(store->path, CONNECTION_CHECKPOINTS, &connection, err))
        return false;
    if (checkpoint_start(&store->checkpointer, connection, writer->db, &store->pool, err))
        return true;
    connection_close(connection);
    return false;
}

static bool start(struct sqlite_store *store, struct sqlite_reader *writer, bool daemon,
                  struct err *err)
{
    if (!prepare(store, writer, err))
        return false;
    pool_init(&store->pool, store->path, daemon);
    if (!daemon || start_checkpoints(store, writer, err)) {
        if (writer_start(&store->writer, store, writer, daemon, err))
            return true;
        if (daemon)
            checkpoint_stop(&store->checkpointer);
    }
    pool_release(&store->pool);
    return false;
}

/* Much is written at once, and sorted for indexes: more than shall stay in memory. */
static bool prepare_move(struct sqlite_reader *writer)
{
    return connection_run(writer, "PRAGMA temp_store = FILE; PRAGMA cache_size = -65536;");
}

static bool open_file(struct sqlite_store *store, const char *path,
                      const struct store_options *options, struct err *err)
{
    struct sqlite_reader *writer;

    if (!resolve(path, store->path, err))
        return false;
    if ((options->daemon || options->move) && !sqlite_lock(store->path, &store->lock_fd, err))
        return false;
    if (connection_open(store->path, CONNECTION_WRITES, &writer, err)) {
        if ((!options->move || prepare_move(writer)) && start(store, writer, options->daemon, err))
            return true;
        connection_close(writer);
    }
    sqlite_unlock(store->lock_fd);
    return false;
}

/* The writer's connection goes last: closing the last one empties the log and removes it. */
static void sqlite_close(struct store *base)
{
    struct sqlite_store *store = sqlite_store_of(base);

    writer_stop(&store->writer);
    if (store->writer.background)
        checkpoint_stop(&store->checkpointer);
    pool_release(&store->pool);
    connection_close(store->writer.connection);
    sqlite_unlock(store->lock_fd);
    observed_release(&store->observed);
    mem_free(store);
}

static void sqlite_create(struct store *store, struct store_create *create)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &create->call, WRITE_CREATE);
}

static void sqlite_update(struct store *store, struct store_update *update)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &update->call, WRITE_UPDATE);
}

static void sqlite_account(struct store *store, struct store_account *account)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &account->call, WRITE_ACCOUNT);
}

static void sqlite_append(struct store *store, struct store_append *append)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &append->call, WRITE_APPEND);
}

static void sqlite_claim(struct store *store, struct store_claim *claim)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &claim->call, WRITE_CLAIM);
}

static void sqlite_session(struct store *store, struct store_session *session)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &session->call, WRITE_SESSION);
}

static void sqlite_import(struct store *store, struct store_import *import)
{
    call_queue_add(&sqlite_store_of(store)->writer.queue, &import->call, WRITE_IMPORT);
}

static void sqlite_observe(struct store *store, struct store_observer *observer)
{
    observed_add(&sqlite_store_of(store)->observed, observer);
}

static void sqlite_unobserve(struct store *store, struct store_observer *observer)
{
    observed_remove(&sqlite_store_of(store)->observed, observer);
}

static void sqlite_probe(struct store *store, struct store_probe *probe)
{
    struct writer *writer = &sqlite_store_of(store)->writer;

    call_queue_probe(&writer->queue, probe, atomic_load(&writer->failed));
}

static const struct store_ops ops = {
    .get = sqlite_read_get,
    .detail = sqlite_read_detail,
    .find = sqlite_read_find,
    .summary = sqlite_read_summary,
    .statistics = sqlite_read_statistics,
    .stalled = sqlite_read_stalled,
    .changes = sqlite_read_changes,
    .accounts = sqlite_read_accounts,
    .create = sqlite_create,
    .update = sqlite_update,
    .account = sqlite_account,
    .append = sqlite_append,
    .output = sqlite_read_output,
    .claim = sqlite_claim,
    .reap = sqlite_reap,
    .session_get = sqlite_read_session,
    .sessions = sqlite_read_sessions,
    .session = sqlite_session,
    .probe = sqlite_probe,
    .export = sqlite_read_export,
    .import = sqlite_import,
    .observe = sqlite_observe,
    .unobserve = sqlite_unobserve,
    .accounts_version = sqlite_read_accounts_version,
    .close = sqlite_close,
};

bool sqlite_open(const char *path, const struct store_options *options, struct store **ret_store,
                 struct err *err)
{
    struct sqlite_store *store = mem_alloc(1, sizeof(*store));

    if (store == NULL)
        return err_set(err, "There is not enough memory.");
    store->store.ops = &ops;
    store->store.clock = options->clock != NULL ? options->clock : &clock_system;
    store->lock_fd = -1;
    observed_init(&store->observed);
    if (!open_file(store, path, options, err)) {
        observed_release(&store->observed);
        mem_free(store);
        return false;
    }
    *ret_store = &store->store;
    return true;
}
