/* Exporting: records read from the tables in the order of their keys. */
#include "base/scope.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"
#include "store/record_select.h"

#include <stdio.h>

#define SQL_MAX 4096

/* What stands in several places is read as if it were a table. */
#define STORE_TABLE                                                                                \
    "(SELECT 1::bigint AS one, meta.value AS cursor_key, position, change, version AS "            \
    "accounts_version, lease_time FROM writer, accounts_version, meta "                            \
    "WHERE meta.key = 'cursor_key') AS store"

static const char *table_of(enum record_kind kind)
{
    if (kind == RECORD_JOB)
        return PG_JOB_TABLES;
    return kind == RECORD_STORE ? STORE_TABLE : record_layouts[kind].name;
}

static void add_column(struct buf *sql, const struct record_column *column)
{
    buf_add_str(sql, column->name);
}

static void add_key(struct pg_params *params, const struct store_export *export)
{
    const struct record_layout *layout = &record_layouts[export->kind];

    for (size_t i = 0; export->after != NULL && i < layout->keys; i++) {
        const struct record_value *value = &export->after->values[i];
        switch (layout->columns[i].type) {
        case RECORD_NUMBER:
        case RECORD_FLAG:
        case RECORD_CLOCK:
            param_number(params, value->number);
            break;
        case RECORD_TEXT:
        case RECORD_TYPE:
            param_text(params, value->bytes);
            break;
        case RECORD_UUID:
        case RECORD_PERSON:
            param_uuid(params, (const struct uuid *)value->bytes.ptr);
            break;
        case RECORD_BYTES:
            param_bytes(params, value->bytes);
            break;
        }
    }
}

static bool read_value(struct pg_row row, int column, enum record_type type, struct arena *arena,
                       struct record_value *ret_value)
{
    *ret_value = (struct record_value){.present = !row_is_null(row, column)};
    if (!ret_value->present)
        return true;
    if (record_is_number(type)) {
        ret_value->number = row_number(row, column, 0);
        return true;
    }
    ret_value->bytes = row_text(row, column, arena);
    return ret_value->bytes.ptr != NULL;
}

static enum problem read_page(struct pg_connection *connection, struct store_export *export,
                              const char *sql)
{
    const struct record_layout *layout = &record_layouts[export->kind];
    struct pg_params params = {0};
    const PGresult *result;

    add_key(&params, export);
    result = pg_ask(connection, sql, &params);
    if (result == NULL)
        return pg_failed(connection, &export->call.err);
    export->records = ARENA_ARRAY(export->arena, struct record, pg_rows(result) + 1);
    if (export->records == NULL)
        return problem_no_memory(&export->call.err);
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct record *record = &export->records[export->count++];
        for (int j = 0; j < (int)layout->count; j++) {
            if (!read_value((struct pg_row){result, (int)i}, j, layout->columns[j].type,
                            export->arena, &record->values[j]))
                return problem_no_memory(&export->call.err);
        }
    }
    return PROBLEM_NONE;
}

static enum problem count_all(struct pg_connection *connection, struct store_export *export)
{
    const PGresult *result;
    char sql[512];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s",
             export->kind == RECORD_JOB ? "job" : table_of(export->kind));
    result = pg_ask(connection, sql, NULL);
    if (result == NULL)
        return pg_failed(connection, &export->call.err);
    export->total = row_number(pg_first(result), 0, 0);
    return PROBLEM_NONE;
}

enum problem pg_read_export(struct pg_connection *connection, struct store_export *export)
{
    const struct record_select select = {
        .table = table_of(export->kind), .mark = '$', .add_column = add_column};
    AUTO(buf_release) struct buf sql = BUF(SQL_MAX);

    export->count = 0;
    if (export->limit == 0 && !export->last)
        return count_all(connection, export);
    record_select(&select, export, &sql);
    if (buf_failed(&sql))
        return problem_no_memory(&export->call.err);
    return read_page(connection, export, sql.ptr);
}
