/* Marks: the chunks they belong to are read, changed in memory, and written anew. */
#include "store/postgres/names/marks.h"

#include "base/mem.h"
#include "model/job.h"
#include "store/postgres/names/segment.h"

#include <string.h>

#define BYTES_MAX ((size_t)1 << 26)

struct job_mark job_mark_of(struct pg_row row, int column, int64_t ordinal)
{
    return (struct job_mark){.ordinal = ordinal,
                             .status = (enum job_status)row_number(row, column, 0),
                             .dates = {row_number(row, column + 1, JOB_NO_TIME),
                                       row_number(row, column + 2, JOB_NO_TIME)}};
}

bool date_zones_of(struct span bytes, struct date_bounds ret_zones[DATE_ZONES])
{
    if (bytes.len != DATE_ZONES * sizeof(*ret_zones))
        return false;
    memcpy(ret_zones, bytes.ptr, bytes.len);
    return true;
}

void mark_chunks_release(struct mark_chunks *chunks)
{
    for (size_t i = 0; i < chunks->count; i++)
        for (size_t j = 0; j < JOB_SET_COUNT; j++)
            job_bits_release(&chunks->list[i].sets[j]);
    mem_free(chunks->list);
    buf_release(&chunks->bytes);
    *chunks = (struct mark_chunks){0};
}

static bool init_chunk(struct mark_chunk *chunk, int64_t number)
{
    bool good = true;

    chunk->number = number;
    for (size_t i = 0; i < JOB_SET_COUNT; i++)
        if (!job_bits_init(&chunk->sets[i], number * MARK_CHUNK_BLOCKS, MARK_CHUNK_BLOCKS))
            good = false;
    for (size_t i = 0; i < DATE_COUNT; i++)
        for (size_t j = 0; j < DATE_ZONES; j++)
            chunk->zones[i][j] = (struct date_bounds){INT64_MAX, INT64_MIN};
    return good;
}

static bool init_chunks(struct mark_chunks *chunks, const struct job_mark *marks, size_t count)
{
    size_t room = 0;

    for (size_t i = 0; i < count; i++)
        room += i == 0 || marks[i].ordinal / MARK_CHUNK != marks[i - 1].ordinal / MARK_CHUNK;
    chunks->bytes = (struct buf)BUF(BYTES_MAX);
    chunks->list = mem_alloc(room, sizeof(*chunks->list));
    if (chunks->list == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if ((i == 0 || marks[i].ordinal / MARK_CHUNK != marks[i - 1].ordinal / MARK_CHUNK) &&
            !init_chunk(&chunks->list[chunks->count++], marks[i].ordinal / MARK_CHUNK))
            return false;
    return true;
}

static struct mark_chunk *find_chunk(const struct mark_chunks *chunks, int64_t number)
{
    for (size_t i = 0; i < chunks->count; i++)
        if (chunks->list[i].number == number)
            return &chunks->list[i];
    return NULL;
}

/* Columns: kind, chunk, jobs or zones. */
static bool take_sets(const struct mark_chunks *chunks, const PGresult *result)
{
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        struct mark_chunk *chunk = find_chunk(chunks, row_number(row, 1, 0));
        int64_t kind = row_number(row, 0, 0) % JOB_SET_COUNT;
        if (chunk == NULL || !job_posting_read(row_span(row, 2), &chunk->sets[kind]))
            return false;
    }
    return true;
}

static bool take_zones(const struct mark_chunks *chunks, const PGresult *result)
{
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        struct mark_chunk *chunk = find_chunk(chunks, row_number(row, 1, 0));
        int64_t kind = row_number(row, 0, 0) % DATE_COUNT;
        if (chunk == NULL || !date_zones_of(row_span(row, 2), chunk->zones[kind]))
            return false;
    }
    return true;
}

static void put_in_set(struct mark_chunk *chunk, int kind, int64_t ordinal, bool is_in)
{
    struct job_bits *set = &chunk->sets[kind];

    if (job_bits_has(set, ordinal) == is_in)
        return;
    if (is_in)
        job_bits_add(set, ordinal);
    else
        job_bits_drop(set, ordinal);
    chunk->set_changed[kind] = true;
}

static void widen(struct mark_chunk *chunk, int kind, int64_t ordinal, int64_t date)
{
    struct date_bounds *zone = &chunk->zones[kind][ordinal % MARK_CHUNK / DATE_ZONE];

    if (date == JOB_NO_TIME || (date >= zone->first && date <= zone->last))
        return;
    zone->first = date < zone->first ? date : zone->first;
    zone->last = date > zone->last ? date : zone->last;
    chunk->zones_changed[kind] = true;
}

static void put(struct mark_chunk *chunk, const struct job_mark *mark)
{
    for (int status = 0; status < STATUS_COUNT; status++)
        put_in_set(chunk, status, mark->ordinal, status == (int)mark->status);
    for (int kind = 0; kind < DATE_COUNT; kind++) {
        put_in_set(chunk, STATUS_COUNT + kind, mark->ordinal, mark->dates[kind] == JOB_NO_TIME);
        widen(chunk, kind, mark->ordinal, mark->dates[kind]);
    }
}

static bool ask(const struct mark_chunks *chunks, struct pg_connection *connection,
                struct arena *arena)
{
    static const int64_t kinds[JOB_SET_COUNT] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    int64_t *numbers = ARENA_ARRAY(arena, int64_t, chunks->count);
    struct pg_params params = {0};

    if (numbers == NULL)
        return false;
    for (size_t i = 0; i < chunks->count; i++)
        numbers[i] = chunks->list[i].number;
    param_numbers(&params, arena, kinds, JOB_SET_COUNT);
    param_numbers(&params, arena, numbers, chunks->count);
    pg_send(connection,
            "SELECT s.* FROM unnest($1::int8[]) AS k (kind) CROSS JOIN unnest($2::int8[]) AS c "
            "(chunk) CROSS JOIN LATERAL (SELECT kind, chunk, jobs FROM job_set WHERE kind = k.kind "
            "AND chunk = c.chunk OFFSET 0) AS s",
            &params);
    pg_send(connection,
            "SELECT z.* FROM unnest($1::int8[]) AS k (kind) CROSS JOIN unnest($2::int8[]) AS c "
            "(chunk) CROSS JOIN LATERAL (SELECT kind, chunk, zones FROM date_zone WHERE kind = "
            "k.kind AND chunk = c.chunk OFFSET 0) AS z",
            &params);
    return pg_round(connection);
}

bool mark_chunks_read(struct mark_chunks *chunks, struct pg_connection *connection,
                      const struct job_mark *marks, size_t count, struct arena *arena)
{
    bool good = init_chunks(chunks, marks, count) && ask(chunks, connection, arena);

    if (!good)
        return false;
    good =
        take_sets(chunks, pg_result(connection, 0)) && take_zones(chunks, pg_result(connection, 1));
    pg_clear(connection);
    for (size_t i = 0; i < count && good; i++)
        put(find_chunk(chunks, marks[i].ordinal / MARK_CHUNK), &marks[i]);
    return good;
}

/* Rows of a statement while they are gathered: kind, chunk, a number or two, bytes. */
struct rows {
    int64_t *kinds, *chunks, *numbers[2];
    size_t *ends;
    struct span *bytes;
    size_t count;
};

static bool rows_init(struct rows *rows, size_t room, struct arena *arena)
{
    *rows = (struct rows){ARENA_ARRAY(arena, int64_t, room),
                          ARENA_ARRAY(arena, int64_t, room),
                          {ARENA_ARRAY(arena, int64_t, room), ARENA_ARRAY(arena, int64_t, room)},
                          ARENA_ARRAY(arena, size_t, room),
                          ARENA_ARRAY(arena, struct span, room),
                          0};
    return rows->kinds != NULL && rows->chunks != NULL && rows->numbers[0] != NULL &&
           rows->numbers[1] != NULL && rows->ends != NULL && rows->bytes != NULL;
}

/* Behind what was added to the bytes for it. */
static void rows_add(struct rows *rows, int64_t kind, int64_t chunk, int64_t a, int64_t b,
                     const struct buf *bytes)
{
    rows->kinds[rows->count] = kind;
    rows->chunks[rows->count] = chunk;
    rows->numbers[0][rows->count] = a;
    rows->numbers[1][rows->count] = b;
    rows->ends[rows->count++] = bytes->len;
}

/* Only now do the bytes stay where they are. */
static void rows_params(struct rows *rows, size_t from, const struct buf *bytes, int numbers,
                        int64_t version, struct pg_params *params, struct arena *arena)
{
    for (size_t i = 0; i < rows->count; from = rows->ends[i++])
        rows->bytes[i] = (struct span){bytes->ptr + from, rows->ends[i] - from};
    param_numbers(params, arena, rows->kinds, rows->count);
    param_numbers(params, arena, rows->chunks, rows->count);
    for (int i = 0; i < numbers; i++)
        param_numbers(params, arena, rows->numbers[i], rows->count);
    param_array(params, arena, PG_BYTES, rows->bytes, rows->count);
    param_number(params, version);
}

static void add_sets(struct mark_chunks *chunks, const struct mark_chunk *chunk, struct rows *rows)
{
    for (int kind = 0; kind < JOB_SET_COUNT; kind++) {
        if (!chunk->set_changed[kind])
            continue;
        job_posting_add_bits(&chunks->bytes, &chunk->sets[kind]);
        rows_add(rows, kind, chunk->number, (int64_t)job_bits_count(&chunk->sets[kind]), 0,
                 &chunks->bytes);
    }
}

/* Between which dates all of a chunk lie. */
static struct date_bounds bounds_of(const struct date_bounds zones[DATE_ZONES])
{
    struct date_bounds all = zones[0];

    for (size_t i = 1; i < DATE_ZONES; i++) {
        all.first = zones[i].first < all.first ? zones[i].first : all.first;
        all.last = zones[i].last > all.last ? zones[i].last : all.last;
    }
    return all;
}

static void add_zones(struct mark_chunks *chunks, const struct mark_chunk *chunk, struct rows *rows)
{
    for (int kind = 0; kind < DATE_COUNT; kind++) {
        const struct date_bounds *zones = chunk->zones[kind];
        struct date_bounds all = bounds_of(zones);
        if (!chunk->zones_changed[kind])
            continue;
        buf_add_span(&chunks->bytes,
                     (struct span){(const char *)zones, sizeof(chunk->zones[kind])});
        rows_add(rows, kind, chunk->number, all.first, all.last, &chunks->bytes);
    }
}

bool mark_chunks_params(struct mark_chunks *chunks, int64_t version,
                        struct pg_params ret_params[static MARK_STATEMENTS], struct arena *arena)
{
    struct rows sets, zones;
    size_t behind_sets;

    if (!rows_init(&sets, chunks->count * JOB_SET_COUNT, arena) ||
        !rows_init(&zones, chunks->count * DATE_COUNT, arena))
        return false;
    for (size_t i = 0; i < chunks->count; i++)
        add_sets(chunks, &chunks->list[i], &sets);
    behind_sets = chunks->bytes.len;
    for (size_t i = 0; i < chunks->count; i++)
        add_zones(chunks, &chunks->list[i], &zones);
    if (buf_failed(&chunks->bytes))
        return false;
    rows_params(&sets, 0, &chunks->bytes, 1, version, &ret_params[0], arena);
    rows_params(&zones, behind_sets, &chunks->bytes, 2, version, &ret_params[1], arena);
    return !ret_params[0].failed && !ret_params[1].failed;
}

void mark_chunks_send(const struct pg_params params[static MARK_STATEMENTS],
                      struct pg_connection *connection)
{
    pg_send(connection,
            "INSERT INTO job_set (kind, chunk, count, jobs) SELECT s.* FROM unnest($1::int8[], "
            "$2::int8[], $3::int8[], $4::bytea[]) AS s WHERE " NAME_STATE_IS(
                "$5") " ON CONFLICT "
                      "(kind, chunk) DO UPDATE SET count = excluded.count, jobs = excluded.jobs",
            &params[0]);
    pg_send(
        connection,
        "INSERT INTO date_zone (kind, chunk, first, last, zones) SELECT z.* FROM "
        "unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::bytea[]) AS z "
        "WHERE " NAME_STATE_IS("$6") " ON CONFLICT (kind, chunk) DO UPDATE SET first = "
                                     "excluded.first, last = excluded.last, zones = excluded.zones",
        &params[1]);
}
