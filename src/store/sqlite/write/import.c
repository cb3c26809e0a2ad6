/* Importing: records written as rows into a store without indexes, which are made at the end. */
#include "base/scope.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/records.h"
#include "store/sqlite/state.h"
#include "store/sqlite/write/write.h"

#include <stdio.h>

#define SQL_MAX 1024

static bool insert_sql(struct buf *sql, const struct record_layout *layout)
{
    buf_printf(sql, "INSERT OR IGNORE INTO %s (", layout->name);
    for (size_t i = 0; i < layout->count; i++)
        buf_printf(sql, "%s%s", i > 0 ? ", " : "", records_column(&layout->columns[i]));
    buf_add_str(sql, ") VALUES (?1");
    for (size_t i = 1; i < layout->count; i++)
        buf_printf(sql, ", ?%zu", i + 1);
    buf_add_str(sql, ")");
    return !buf_failed(sql);
}

/* The number that stands for a person or a type; 0 for the type that has no name. */
static bool number_of(struct writer *writer, enum record_type type, struct span bytes,
                      struct store_call *call, int64_t *ret_number)
{
    struct uuid person;

    *ret_number = 0;
    if (type == RECORD_TYPE)
        return bytes.len == 0 || write_type(writer, bytes, call, ret_number);
    if (bytes.len == sizeof(person.bytes)) {
        memcpy(person.bytes, bytes.ptr, bytes.len);
        return write_person(writer, &person, call, ret_number);
    }
    err_set(&call->err, "A record has a person that is none.");
    call->problem = PROBLEM_INTERNAL;
    return false;
}

static bool is_number(enum record_type type)
{
    return record_is_number(type) || type == RECORD_TYPE || type == RECORD_PERSON;
}

/* The statement of a row is in use only once everything that needs others is known. */
static bool numbers_of(struct writer *writer, const struct record_layout *layout,
                       const struct record *record, struct store_call *call,
                       int64_t ret_numbers[static RECORD_COLUMNS_MAX])
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct record_value *value = &record->values[i];
        enum record_type type = layout->columns[i].type;
        ret_numbers[i] = value->number;
        if (value->present && is_number(type) && !record_is_number(type) &&
            !number_of(writer, type, value->bytes, call, &ret_numbers[i]))
            return false;
    }
    return true;
}

static void bind(sqlite3_stmt *statement, const struct record_layout *layout,
                 const struct record *record, const int64_t *numbers)
{
    for (int i = 0; i < (int)layout->count; i++) {
        const struct record_value *value = &record->values[i];
        enum record_type type = layout->columns[i].type;
        if (!value->present)
            continue;
        if (is_number(type))
            sqlite3_bind_int64(statement, i + 1, numbers[i]);
        else if (type == RECORD_TEXT)
            sqlite_bind_span(statement, i + 1, value->bytes);
        else
            sqlite3_bind_blob64(statement, i + 1, value->bytes.ptr, value->bytes.len,
                                SQLITE_STATIC);
    }
}

static bool insert(struct writer *writer, const char *sql, const struct record_layout *layout,
                   const struct record *record, struct store_call *call)
{
    int64_t numbers[RECORD_COLUMNS_MAX] = {0};
    sqlite3_stmt *statement;

    if (!numbers_of(writer, layout, record, call, numbers))
        return false;
    statement = sqlite_prepare_cached(writer->connection, sql);
    if (statement != NULL)
        bind(statement, layout, record, numbers);
    return write_step(writer, statement, call);
}

/* What counts further for the next job that is created here. */
static void count_on(struct writer *writer, const struct record *record)
{
    int64_t position = record->values[0].number;
    int64_t change = record->values[RECORD_JOB_CHANGE].number;

    writer->position = position > writer->position ? position : writer->position;
    writer->change = change > writer->change ? change : writer->change;
    writer->created++;
}

static bool insert_all(struct writer *writer, struct store_import *import)
{
    const struct record_layout *layout = &record_layouts[import->kind];
    AUTO(buf_release) struct buf sql = BUF(SQL_MAX);

    if (!insert_sql(&sql, layout)) {
        import->call.problem = problem_no_memory(&import->call.err);
        return false;
    }
    for (size_t i = 0; i < import->count; i++) {
        if (!insert(writer, sql.ptr, layout, &import->records[i], &import->call))
            return false;
        if (import->kind == RECORD_JOB)
            count_on(writer, &import->records[i]);
    }
    return true;
}

static bool set_meta(struct writer *writer, const char *key, const struct record_value *value,
                     struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "INSERT INTO meta (key, value) VALUES (?1, ?2) "
                            "ON CONFLICT (key) DO UPDATE SET value = excluded.value");

    if (statement != NULL) {
        sqlite_bind_span(statement, 1, span_of(key));
        if (value->bytes.ptr != NULL)
            sqlite3_bind_blob64(statement, 2, value->bytes.ptr, value->bytes.len, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, 2, value->number);
    }
    return write_step(writer, statement, call);
}

static bool run_sql(struct writer *writer, const char *sql, struct store_call *call)
{
    if (connection_run(writer->connection, sql))
        return true;
    call->problem = sqlite_problem(writer->connection->db, &call->err);
    return false;
}

/* The last position and change are those of the jobs. */
static bool import_store(struct writer *writer, struct store_import *import)
{
    const struct record_value *values = import->records[0].values;

    writer->lease_time = values[RECORD_STORE_LEASE_TIME].number;
    return set_meta(writer, "cursor_key", &values[RECORD_STORE_CURSOR_KEY], &import->call) &&
           set_meta(writer, "accounts_version", &values[RECORD_STORE_ACCOUNTS_VERSION],
                    &import->call) &&
           set_meta(writer, "lease_time", &values[RECORD_STORE_LEASE_TIME], &import->call);
}

/* Until there is none left; constraints have theirs without a statement of their own. */
static bool drop_indexes(struct writer *writer, struct store_call *call)
{
    char sql[128];

    for (;;) {
        sqlite3_stmt *statement = sqlite_prepare_cached(
            writer->connection, "SELECT 'DROP INDEX ' || name FROM sqlite_schema "
                                "WHERE type = 'index' AND sql IS NOT NULL LIMIT 1");
        bool found = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
        if (found)
            snprintf(sql, sizeof(sql), "%s", (const char *)sqlite3_column_text(statement, 0));
        sqlite_rewind(statement);
        if (!found)
            return true;
        if (!run_sql(writer, sql, call))
            return false;
    }
}

/* Their statements are kept: building each at the end takes a tenth of growing it row by row. */
static bool begin(struct writer *writer, struct store_import *import)
{
    struct record_value source = {.bytes = {(const char *)import->source, DIGEST_SIZE}};
    int64_t begun;

    if (!connection_number(writer->connection, "SELECT count(*) FROM meta WHERE key = 'moved_from'",
                           &begun)) {
        import->call.problem = sqlite_problem(writer->connection->db, &import->call.err);
        return false;
    }
    if (begun > 0)
        return true;
    return set_meta(writer, "moved_from", &source, &import->call) &&
           run_sql(writer,
                   "INSERT OR IGNORE INTO meta (key, value) SELECT 'index ' || name, sql "
                   "FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
                   &import->call) &&
           drop_indexes(writer, &import->call);
}

#define KEPT_INDEXES "FROM meta WHERE key > 'index ' AND key < 'index!'"

static bool make_index(struct writer *writer, struct store_import *import)
{
    AUTO(buf_release) struct buf sql = BUF(SQL_MAX);
    sqlite3_stmt *statement;

    if (!connection_number(writer->connection, "SELECT count(*) " KEPT_INDEXES, &import->left)) {
        import->call.problem = sqlite_problem(writer->connection->db, &import->call.err);
        return false;
    }
    if (import->left == 0)
        return true;
    statement = sqlite_prepare_cached(writer->connection,
                                      "SELECT value " KEPT_INDEXES " ORDER BY key LIMIT 1");
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        buf_add_str(&sql, (const char *)sqlite3_column_text(statement, 0));
    sqlite_rewind(statement);
    return run_sql(writer, buf_failed(&sql) ? "" : sql.ptr, &import->call) &&
           run_sql(writer, "DELETE FROM meta WHERE key = (SELECT min(key) " KEPT_INDEXES ")",
                   &import->call);
}

bool write_import(struct writer *writer, struct store_import *import)
{
    import->call.problem = PROBLEM_NONE;
    switch (import->step) {
    case IMPORT_ROWS:
        if (!begin(writer, import))
            return false;
        if (import->kind == RECORD_STORE && import->count > 0)
            return import_store(writer, import);
        return insert_all(writer, import);
    case IMPORT_INDEX:
        return make_index(writer, import);
    case IMPORT_END:
        return run_sql(writer, "DELETE FROM meta WHERE key = 'moved_from'", &import->call);
    }
    return false;
}
