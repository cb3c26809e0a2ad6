/* Importing: records sent as arrays, a column each; the indexes are made at the end. */
#include "base/scope.h"
#include "store/name_key.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"
#include "store/postgres/write/batch.h"

#include <endian.h>

#define SQL_MAX 4096

static struct store_import *import_of(const struct pg_step *step)
{
    return CONTAINER_OF(step->call, struct store_import, call);
}

/* A table with the columns of a record that are its: its keys, and those from `from` to `to`. */
struct part {
    const struct record_layout *layout;
    const char *table;
    size_t from, to;
};

static bool is_part(const struct part *part, size_t column)
{
    return column < part->layout->keys || (column >= part->from && column < part->to);
}

static enum pg_array array_of(enum record_type type)
{
    switch (type) {
    case RECORD_FLAG:
        return PG_BOOLS;
    case RECORD_NUMBER:
    case RECORD_CLOCK:
        return PG_NUMBERS;
    case RECORD_TEXT:
    case RECORD_TYPE:
        return PG_TEXTS;
    case RECORD_UUID:
    case RECORD_PERSON:
        return PG_UUIDS;
    case RECORD_BYTES:
        return PG_BYTES;
    }
    return PG_BYTES;
}

/* Room for a number in network order is taken from the arena, all at once. */
static struct span element_of(enum record_type type, const struct record_value *value, char *room)
{
    uint64_t bits = htobe64((uint64_t)value->number);

    if (!value->present)
        return (struct span){0};
    if (!record_is_number(type))
        return value->bytes;
    memcpy(room, &bits, sizeof(bits));
    if (type == RECORD_FLAG)
        return (struct span){room + sizeof(bits) - 1, 1};
    return (struct span){room, sizeof(bits)};
}

/* The name key of a job is made here: it is this engine's own. */
static void add_column(struct pg_params *params, struct arena *arena,
                       const struct store_import *import, size_t column, bool key)
{
    enum record_type type = record_layouts[import->kind].columns[column].type;
    struct span *elements = ARENA_ARRAY(arena, struct span, import->count);
    char *room = arena_alloc(arena, import->count, sizeof(int64_t));

    if (elements == NULL || room == NULL) {
        params->failed = true;
        return;
    }
    for (size_t i = 0; i < import->count; i++) {
        elements[i] =
            element_of(type, &import->records[i].values[column], room + i * sizeof(int64_t));
        if (key)
            elements[i] = name_key(elements[i]);
    }
    param_array(params, arena, array_of(type), elements, import->count);
}

static void add_names(struct buf *sql, const struct part *part)
{
    const char *comma = "";

    for (size_t i = 0; i < part->layout->count; i++) {
        if (!is_part(part, i))
            continue;
        buf_printf(sql, "%s%s", comma, part->layout->columns[i].name);
        comma = ", ";
    }
}

static void add_sql(struct buf *sql, const struct part *part, int count)
{
    buf_printf(sql, "INSERT INTO %s (", part->table);
    add_names(sql, part);
    buf_add_str(sql, ") SELECT * FROM unnest($1");
    for (int i = 2; i <= count; i++)
        buf_printf(sql, ", $%d", i);
    buf_add_str(sql, ") ON CONFLICT (");
    for (size_t i = 0; i < part->layout->keys; i++)
        buf_printf(sql, "%s%s", i > 0 ? ", " : "", part->layout->columns[i].name);
    buf_add_str(sql, ") DO NOTHING");
}

static void send_part(struct pg_batch *batch, const struct store_import *import,
                      const struct part *part)
{
    AUTO(buf_release) struct buf sql = BUF(SQL_MAX);
    struct pg_params params = {0};

    for (size_t i = 0; i < part->layout->count; i++) {
        if (is_part(part, i))
            add_column(&params, &batch->arena, import, i, false);
    }
    add_sql(&sql, part, params.count);
    params.failed = params.failed || buf_failed(&sql);
    pg_send(batch->connection, params.failed ? "SELECT 1" : sql.ptr, &params);
}

/* The order by name is this engine's own, and made of what has just come. */
static void send_names(struct pg_batch *batch, const struct store_import *import)
{
    struct pg_params params = {0};

    add_column(&params, &batch->arena, import, 0, false);
    add_column(&params, &batch->arena, import, RECORD_JOB_FOLDED, true);
    pg_send(batch->connection,
            params.failed
                ? "SELECT 1"
                : "INSERT INTO job_name (position, person, type, name_key) SELECT position, "
                  "job.person, job.type, k.key FROM unnest($1, $2) AS k (position, key) JOIN job "
                  "USING (position) ON CONFLICT (position) DO NOTHING",
            &params);
}

static void send_rows(struct pg_batch *batch, const struct store_import *import)
{
    const struct record_layout *layout = &record_layouts[import->kind];
    struct part whole = {layout, layout->name, 0, layout->count};
    struct part change = {layout, "job_change", RECORD_JOB_CHANGE, layout->count};

    if (import->kind == RECORD_JOB)
        whole.to = RECORD_JOB_CHANGE;
    send_part(batch, import, &whole);
    if (import->kind != RECORD_JOB)
        return;
    send_part(batch, import, &change);
    send_names(batch, import);
}

/* The batch keeps the numbers; the lease clock goes on where the other store's stood. */
static void send_store(struct pg_batch *batch, const struct record_value *values)
{
    struct pg_params key = {0}, version = {0};

    param_bytes(&key, values[RECORD_STORE_CURSOR_KEY].bytes);
    pg_send(batch->connection, "UPDATE meta SET value = $1 WHERE key = 'cursor_key'", &key);
    param_number(&version, values[RECORD_STORE_ACCOUNTS_VERSION].number);
    pg_send(batch->connection, "UPDATE accounts_version SET version = $1", &version);
    batch->position = values[RECORD_STORE_POSITION].number;
    batch->change = values[RECORD_STORE_CHANGE].number;
    shared_clock_follow(&batch->writer->store->clock,
                        (struct kept_time){values[RECORD_STORE_LEASE_TIME].number, 0});
    batch->now = shared_clock_now(&batch->writer->store->clock);
}

/* Those that no constraint needs. Their statements are kept: building each at the end takes a tenth
 * of growing it row by row. */
#define KEEP_AND_DROP_INDEXES                                                                      \
    "DO $$ DECLARE each RECORD; BEGIN FOR each IN SELECT c.relname, pg_get_indexdef(c.oid) AS "    \
    "sql FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = "          \
    "current_schema()::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = "   \
    "c.oid) LOOP INSERT INTO meta (key, value) VALUES ('index ' || each.relname, "                 \
    "convert_to(each.sql, 'UTF8')); EXECUTE format('DROP INDEX %I', each.relname); END LOOP; "     \
    "END $$"

#define KEPT_INDEXES "FROM meta WHERE key > 'index ' AND key < 'index!'"

#define MAKE_INDEX                                                                                 \
    "DO $$ DECLARE next RECORD; BEGIN SELECT * INTO next " KEPT_INDEXES                            \
    " ORDER BY key LIMIT 1; EXECUTE convert_from(next.value, 'UTF8'); "                            \
    "DELETE FROM meta WHERE key = next.key; END $$"

static void begin(struct pg_batch *batch, const struct store_import *import)
{
    struct pg_params params = {0};

    param_bytes(&params, (struct span){(const char *)import->source, DIGEST_SIZE});
    pg_send(batch->connection, "INSERT INTO meta (key, value) VALUES ('moved_from', $1)", &params);
    pg_send(batch->connection, KEEP_AND_DROP_INDEXES, NULL);
}

/* Whether it has begun, and how many indexes are left: both are rows of `meta`. */
static void look(struct pg_batch *batch, struct pg_step *step)
{
    step->look = pg_send(batch->connection,
                         import_of(step)->step == IMPORT_INDEX
                             ? "SELECT count(*) " KEPT_INDEXES
                             : "SELECT count(*) FROM meta WHERE key = 'moved_from'",
                         NULL);
}

static bool load(struct pg_batch *batch, struct pg_step *step)
{
    import_of(step)->left = row_number(pg_first(pg_result(batch->connection, step->look)), 0, 0);
    return true;
}

static void make_index(struct pg_batch *batch, const struct store_import *import)
{
    if (import->left == 0)
        return;
    pg_send(batch->connection, "SET LOCAL statement_timeout = 0", NULL);
    pg_send(batch->connection, "SET LOCAL maintenance_work_mem = '256MB'", NULL);
    pg_send(batch->connection, MAKE_INDEX, NULL);
}

/* The planner knows nothing of what came in one go until it is told. */
static void end(struct pg_batch *batch)
{
    pg_send(batch->connection, "DELETE FROM meta WHERE key = 'moved_from'", NULL);
    pg_send(batch->connection,
            "ANALYZE job, job_change, job_name, lease, claim_request, payload, idempotency, "
            "session, output, ended",
            NULL);
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    const struct store_import *import = import_of(step);

    step->call->problem = PROBLEM_NONE;
    switch (import->step) {
    case IMPORT_ROWS:
        if (import->left == 0)
            begin(batch, import);
        if (import->count > 0 && import->kind == RECORD_STORE)
            send_store(batch, import->records[0].values);
        else if (import->count > 0)
            send_rows(batch, import);
        return true;
    case IMPORT_INDEX:
        make_index(batch, import);
        return true;
    case IMPORT_END:
        end(batch);
        return true;
    }
    return false;
}

const struct pg_operation pg_import_operation = {.look = look, .load = load, .run = run};
