/* Exporting: records read from the tables in the order of their keys. */
#include "store/record_select.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/records.h"
#include "store/sqlite/state.h"

#include "base/scope.h"

#include <stdio.h>

#define SQL_MAX 4096
#define TABLE_MAX (sizeof(STORE_TABLE) + 16)

/* What stands in several places is read as if it were a table. */
#define STORE_TABLE                                                                                \
    "(SELECT 1 AS one, (SELECT value FROM meta WHERE key = 'cursor_key') AS cursor_key, "          \
    "(SELECT ifnull(max(position), 0) FROM job) AS position, (SELECT ifnull(max(change), 0) "      \
    "FROM job) AS change, (SELECT value FROM meta WHERE key = 'accounts_version') AS "             \
    "accounts_version, ifnull((SELECT value FROM meta WHERE key = 'lease_time'), 0) AS lease_time)"

/* Numbers of the dictionaries give way to what they stand for. */
static void add_column(struct buf *sql, const struct record_column *column)
{
    const char *name = records_column(column);

    if (column->type == RECORD_TYPE)
        buf_printf(sql, "ifnull((SELECT name FROM type WHERE id = t.%s), '')", name);
    else if (column->type == RECORD_PERSON)
        buf_printf(sql, "(SELECT uuid FROM person WHERE id = t.%s)", name);
    else
        buf_printf(sql, "t.%s", name);
}

static void bind_key(sqlite3_stmt *statement, const struct store_export *export)
{
    const struct record_layout *layout = &record_layouts[export->kind];

    for (int i = 0; export->after != NULL && i < (int)layout->keys; i++) {
        const struct record_value *value = &export->after->values[i];
        enum record_type type = layout->columns[i].type;
        if (record_is_number(type))
            sqlite3_bind_int64(statement, i + 1, value->number);
        else if (type == RECORD_TEXT || type == RECORD_TYPE)
            sqlite_bind_span(statement, i + 1, value->bytes);
        else
            sqlite3_bind_blob64(statement, i + 1, value->bytes.ptr, value->bytes.len,
                                SQLITE_STATIC);
    }
}

static bool read_value(sqlite3_stmt *row, int column, enum record_type type, struct arena *arena,
                       struct record_value *ret_value)
{
    struct span bytes;

    *ret_value = (struct record_value){0};
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return true;
    ret_value->present = true;
    if (record_is_number(type)) {
        ret_value->number = sqlite3_column_int64(row, column);
        return true;
    }
    bytes.ptr = sqlite3_column_blob(row, column);
    bytes.len = (size_t)sqlite3_column_bytes(row, column);
    ret_value->bytes = bytes.len > 0 ? arena_span(arena, bytes) : (struct span){"", 0};
    return ret_value->bytes.ptr != NULL;
}

static enum problem read_rows(struct sqlite_reader *reader, sqlite3_stmt *statement,
                              struct store_export *export)
{
    const struct record_layout *layout = &record_layouts[export->kind];
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct record *record = &export->records[export->count++];
        for (int i = 0; i < (int)layout->count; i++) {
            if (!read_value(statement, i, layout->columns[i].type, export->arena,
                            &record->values[i]))
                return problem_no_memory(&export->call.err);
        }
    }
    return code == SQLITE_DONE ? PROBLEM_NONE : sqlite_problem(reader->db, &export->call.err);
}

static enum problem read_page(struct sqlite_reader *reader, struct store_export *export)
{
    AUTO(buf_release) struct buf sql = BUF(SQL_MAX);
    char table[TABLE_MAX];
    const struct record_select select = {.table = table, .mark = '?', .add_column = add_column};
    sqlite3_stmt *statement;
    enum problem problem;

    export->records = ARENA_ARRAY(export->arena, struct record, export->limit + 1);
    snprintf(table, sizeof(table), "%s AS t",
             export->kind == RECORD_STORE ? STORE_TABLE : record_layouts[export->kind].name);
    record_select(&select, export, &sql);
    if (export->records == NULL || buf_failed(&sql))
        return problem_no_memory(&export->call.err);
    statement = sqlite_prepare_cached(reader, sql.ptr);
    if (statement == NULL)
        return sqlite_problem(reader->db, &export->call.err);
    bind_key(statement, export);
    problem = read_rows(reader, statement, export);
    sqlite_rewind(statement);
    return problem;
}

static enum problem count_all(struct sqlite_reader *reader, struct store_export *export)
{
    char sql[96];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s",
             export->kind == RECORD_STORE ? "(SELECT 1)" : record_layouts[export->kind].name);
    if (connection_number(reader, sql, &export->total))
        return PROBLEM_NONE;
    return sqlite_problem(reader->db, &export->call.err);
}

static enum problem run(struct sqlite_store *store, struct sqlite_reader *reader,
                        struct store_call *call)
{
    struct store_export *export = CONTAINER_OF(call, struct store_export, call);

    (void)store;
    export->count = 0;
    return export->limit > 0 || export->last ? read_page(reader, export)
                                             : count_all(reader, export);
}

void sqlite_read_export(struct store *store, struct store_export *export)
{
    sqlite_read(store, &export->call, run);
}
