/* Migrations: scripts applied in one transaction. */
#include "store/postgres/migrate.h"

#include "base/parse.h"
#include "base/scope.h"
#include "base/span.h"

#include <stdio.h>
#include <string.h>

#include "store/migrations/postgres-migrations.h"

#define LATEST ((int)ARRAY_SIZE(migrations))

static bool failed(PGconn *conn, struct err *err)
{
    const char *message = PQerrorMessage(conn);

    return err_set(err, "The database cannot be opened: %.*s.", (int)strcspn(message, "\n"),
                   message);
}

/* Runs statements that yield nothing that counts. */
static bool run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The first value of the first row, "" for none; false on an error. */
static bool ask(PGconn *conn, const char *sql, char *ret_value, size_t size)
{
    PGresult *result = PQexec(conn, sql);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;

    if (good)
        snprintf(ret_value, size, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return good;
}

static bool check_settings(PGconn *conn, struct err *err)
{
    char encoding[32], commit[32];

    if (!ask(conn, "SHOW server_encoding", encoding, sizeof(encoding)) ||
        !ask(conn, "SHOW synchronous_commit", commit, sizeof(commit)))
        return failed(conn, err);
    if (strcmp(encoding, "UTF8") != 0)
        return err_set(err, "The database has the encoding %s; jobd needs UTF8.", encoding);
    if (strcmp(commit, "off") == 0)
        return err_set(err, "The database has synchronous_commit off; reports could be lost.");
    return true;
}

#define FIRST_SCHEMA                                                                               \
    "SELECT name FROM (SELECT quote_ident(btrim((string_to_array(current_setting('search_path'), " \
    "','))[1], ' \"')::name)) AS first (name)"

/*
 * Where the search path begins; a schema of that name is made where there is none. Not by IF NOT
 * EXISTS: that needs the right to make one also where somebody else has done so.
 */
static bool make_schema(PGconn *conn, struct err *err)
{
    char schema[160], sql[256];

    if (!ask(conn, FIRST_SCHEMA " WHERE to_regnamespace(name) IS NULL", schema, sizeof(schema)))
        return failed(conn, err);
    snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", schema);
    return schema[0] == '\0' || run(conn, sql) || failed(conn, err);
}

/* PostgreSQL passes over a schema that the role may not use, and takes the next one of the path. */
static bool check_schema(PGconn *conn, struct err *err)
{
    static const char sql[] =
        FIRST_SCHEMA " WHERE name IS DISTINCT FROM quote_ident(current_schema())";
    char schema[160];

    if (!ask(conn, sql, schema, sizeof(schema)))
        return failed(conn, err);
    return schema[0] == '\0' ||
           err_set(err, "The role has no right to use the schema %s of the database.", schema);
}

static bool read_version(PGconn *conn, int64_t *ret_version, struct err *err)
{
    char version[16];

    if (!run(conn, "CREATE TABLE IF NOT EXISTS schema_version (one BOOLEAN PRIMARY KEY DEFAULT "
                   "TRUE CHECK (one), version INTEGER NOT NULL)") ||
        !run(conn, "INSERT INTO schema_version (version) VALUES (0) ON CONFLICT DO NOTHING") ||
        !ask(conn, "SELECT version FROM schema_version", version, sizeof(version)))
        return failed(conn, err);
    return parse_int(span_of(version), 0, INT32_MAX, ret_version) ||
           err_set(err, "The schema of the database is damaged.");
}

static bool apply(PGconn *conn, int version, struct err *err)
{
    char stamp[64];

    snprintf(stamp, sizeof(stamp), "UPDATE schema_version SET version = %d", version);
    return (run(conn, migrations[version - 1]) && run(conn, stamp)) || failed(conn, err);
}

static bool migrate(PGconn *conn, struct err *err)
{
    int64_t version = 0;

    if (!make_schema(conn, err) || !check_schema(conn, err) || !read_version(conn, &version, err))
        return false;
    if (version > LATEST)
        return err_set(err, "The database was written by a newer jobd (schema %d, this one %d).",
                       (int)version, LATEST);
    while (version < LATEST)
        if (!apply(conn, (int)++version, err))
            return false;
    return true;
}

/*
 * Whoever may only use the schema, not change it, can do so while it is up to date. By its name:
 * while it is not there, another one of the search path may have such a table, which is not ours.
 */
static bool is_latest(PGconn *conn)
{
    char schema[160], sql[256], version[16];
    int64_t number;

    if (!ask(conn, FIRST_SCHEMA, schema, sizeof(schema)))
        return false;
    snprintf(sql, sizeof(sql), "SELECT version FROM %s.schema_version", schema);
    return ask(conn, sql, version, sizeof(version)) &&
           parse_int(span_of(version), 0, INT32_MAX, &number) && number == LATEST;
}

bool pg_migrate(PGconn *conn, struct err *err)
{
    if (!check_settings(conn, err))
        return false;
    if (is_latest(conn))
        return true;
    /* Two that start at once; and the notices that something is there already. */
    if (!run(conn, "SET client_min_messages = warning") || !run(conn, "BEGIN") ||
        !run(conn, "SELECT pg_advisory_xact_lock(hashtextextended('jobd schema', 0))"))
        return failed(conn, err);
    if (migrate(conn, err) && (run(conn, "COMMIT") || failed(conn, err)))
        return true;
    run(conn, "ROLLBACK");
    return false;
}
