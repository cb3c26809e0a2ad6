/* Connections: flags, pragmas and limits of memory, by what they are for. */
#include "store/sqlite/connection.h"

#include "base/mem.h"
#include "store/sqlite/find/shapes.h"
#include "store/sqlite/log_file.h"

#include <pthread.h>

/*
 * Each connection has its own page cache (in KiB, negative by SQLite's custom), so the sum of all
 * of them is the store's share of the daemon's memory. A miss costs a copy from the kernel's cache.
 */
#define COMMON_PRAGMAS "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
static const char *const pragmas[] = {
    [CONNECTION_READS] = COMMON_PRAGMAS "PRAGMA query_only = ON; PRAGMA cache_size = -1024;",
    [CONNECTION_WRITES] = COMMON_PRAGMAS "PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; "
                                         "PRAGMA journal_size_limit = 67108864;",
    [CONNECTION_CHECKPOINTS] = COMMON_PRAGMAS "PRAGMA synchronous = FULL; PRAGMA cache_size = -64;",
};

/*
 * SQLite counts every allocation of the process under one mutex unless told not to, before its
 * first use. Where somebody else was first, it only costs a little.
 */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool set_up(struct sqlite_reader *reader, const char *path, enum connection_use use)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const char *vfs = use == CONNECTION_WRITES ? log_file_vfs() : NULL;

    if (sqlite3_open_v2(path, &reader->db, flags, vfs) != SQLITE_OK)
        return false;
    sqlite3_extended_result_codes(reader->db, 1);
    sqlite3_busy_timeout(reader->db, CONNECTION_BUSY_MS);
    return connection_run(reader, pragmas[use]);
}

static bool refused(const char *path, sqlite3 *db, struct err *err)
{
    if (db != NULL && (sqlite3_errcode(db) & 0xFF) == SQLITE_NOTADB)
        return err_set(err, "The file %s is not a database.", path);
    return err_set(err, "The store %s cannot be opened: %s.", path,
                   db != NULL ? sqlite3_errmsg(db) : "there is not enough memory");
}

bool connection_open(const char *path, enum connection_use use, struct sqlite_reader **ret_reader,
                     struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_reader *reader = mem_alloc(1, sizeof(*reader));

    pthread_once(&once, configure);
    if (reader == NULL)
        return err_set(err, "There is not enough memory.");
    arena_init(&reader->memory.scratch, SEARCH_MEMORY_MAX);
    reader->memory.sql = (struct buf)BUF(SHAPE_SQL_MAX);
    arena_init(&reader->ranges.keys, KNOWN_RANGES_MEMORY);
    arena_init(&reader->buckets.arena, NAME_BUCKETS_MEMORY);
    if (!set_up(reader, path, use)) {
        refused(path, reader->db, err);
        connection_close(reader);
        return false;
    }
    *ret_reader = reader;
    return true;
}

void connection_close(struct sqlite_reader *reader)
{
    if (reader == NULL)
        return;
    statements_release(&reader->statements);
    dictionary_release(&reader->dictionary);
    known_ranges_release(&reader->ranges);
    name_buckets_release(&reader->buckets);
    answers_release(&reader->answers);
    arena_release(&reader->memory.scratch);
    buf_release(&reader->memory.sql);
    sqlite3_close_v2(reader->db);
    mem_free(reader);
}

bool connection_run(struct sqlite_reader *reader, const char *sql)
{
    return sqlite3_exec(reader->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool connection_number(struct sqlite_reader *reader, const char *sql, int64_t *ret_number)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, sql);
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    if (code == SQLITE_ROW || code == SQLITE_DONE)
        *ret_number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}
