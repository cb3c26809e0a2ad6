/* Migrations: the scripts of src/store/migrations, each applied once, in order. */
#include "store/sqlite/migrate.h"

#include "base/scope.h"
#include "store/sqlite/connection.h"

#include <stdio.h>

#include "store/migrations/sqlite-migrations.h"

int migrate_latest(void)
{
    return (int)ARRAY_SIZE(migrations);
}

static bool failed(struct sqlite_reader *writer, const char *path, struct err *err)
{
    int code = sqlite3_errcode(writer->db) & 0xFF;

    if (code == SQLITE_NOTADB)
        return err_set(err, "The file %s is not a database.", path);
    return err_set(err, "The store %s cannot be opened: %s.", path, sqlite3_errmsg(writer->db));
}

static bool version_of(struct sqlite_reader *writer, int64_t *ret_version)
{
    return connection_number(writer, "PRAGMA user_version", ret_version);
}

static bool is_wal(struct sqlite_reader *writer, bool *ret_wal)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(writer, "PRAGMA journal_mode");
    bool read = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;

    if (read)
        *ret_wal = strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite_rewind(statement);
    return read;
}

bool migrate_check(struct sqlite_reader *writer, const char *path, bool *ret_needed,
                   struct err *err)
{
    int64_t application, version, tables;
    bool wal;

    if (!connection_number(writer, "PRAGMA application_id", &application) ||
        !version_of(writer, &version) ||
        !connection_number(writer, "SELECT count(*) FROM sqlite_schema", &tables) ||
        !is_wal(writer, &wal))
        return failed(writer, path, err);
    if (application != MIGRATE_APPLICATION_ID && (application != 0 || version != 0 || tables != 0))
        return err_set(err, "The database %s is not one of jobd's.", path);
    if (version > migrate_latest())
        return err_set(err,
                       "The store %s was written by a newer jobd (schema %lld, this one knows %d).",
                       path, (long long)version, migrate_latest());
    *ret_needed = version < migrate_latest() || !wal;
    return true;
}

static bool apply(struct sqlite_reader *writer, int version)
{
    char stamp[96];

    snprintf(stamp, sizeof(stamp), "PRAGMA user_version = %d; PRAGMA application_id = %d;", version,
             MIGRATE_APPLICATION_ID);
    return connection_run(writer, "BEGIN IMMEDIATE") &&
           connection_run(writer, migrations[version - 1]) && connection_run(writer, stamp) &&
           connection_run(writer, "COMMIT");
}

bool migrate_run(struct sqlite_reader *writer, const char *path, int version, struct err *err)
{
    int64_t now;
    bool wal;

    if (!connection_run(writer, "PRAGMA journal_mode = WAL") || !is_wal(writer, &wal) ||
        !version_of(writer, &now))
        return failed(writer, path, err);
    if (!wal)
        return err_set(err, "The store %s lies on a file system without shared memory.", path);
    for (; now < version; now++) {
        if (!apply(writer, (int)now + 1)) {
            failed(writer, path, err);
            connection_run(writer, "ROLLBACK");
            return false;
        }
    }
    return true;
}
