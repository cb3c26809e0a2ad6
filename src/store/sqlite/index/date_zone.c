/* Date zones: a row for each chunk and date, its blocks in it. */
#include "store/sqlite/index/date_zone.h"

#include <endian.h>
#include <string.h>

static int64_t key_of(enum date_kind kind, int64_t chunk)
{
    return (int64_t)kind << 32 | chunk;
}

static bool add(struct arena *arena, struct date_zones *zones, size_t *room, sqlite3_stmt *row)
{
    if (zones->count == *room)
        zones->list = arena_doubled(arena, zones->list, sizeof(zones->list[0]), room);
    if (zones->list == NULL)
        return false;
    zones->list[zones->count++] =
        (struct date_zone){.chunk = sqlite3_column_int64(row, 0) & UINT32_MAX,
                           .bounds = {sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)}};
    return true;
}

enum problem date_zones_read(struct sqlite_reader *reader, enum date_kind kind, struct arena *arena,
                             struct date_zones *ret_zones, struct err *err)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        reader, "SELECT key, first, last FROM date_zone WHERE key BETWEEN ?1 AND ?2 ORDER BY key");
    enum problem problem = PROBLEM_NONE;
    size_t room = 0;
    int code = SQLITE_ERROR;

    *ret_zones = (struct date_zones){0};
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, key_of(kind, 0));
        sqlite3_bind_int64(statement, 2, key_of(kind, UINT32_MAX));
    }
    while (problem == PROBLEM_NONE && statement != NULL &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!add(arena, ret_zones, &room, statement))
            problem = problem_no_memory(err);
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

/* The bytes of a row: for each block its first and its last date. */
static bool unpack(sqlite3_stmt *row, struct date_bounds blocks[DATE_BLOCKS])
{
    const char *bytes = sqlite3_column_blob(row, 0);

    if (sqlite3_column_bytes(row, 0) != DATE_BLOCKS * (int)sizeof(*blocks))
        return false;
    memcpy(blocks, bytes, DATE_BLOCKS * sizeof(*blocks));
    for (size_t i = 0; i < DATE_BLOCKS; i++) {
        blocks[i].first = (int64_t)le64toh((uint64_t)blocks[i].first);
        blocks[i].last = (int64_t)le64toh((uint64_t)blocks[i].last);
    }
    return true;
}

enum problem date_blocks_read(struct sqlite_reader *reader, enum date_kind kind, int64_t chunk,
                              struct date_bounds ret_blocks[DATE_BLOCKS], struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT blocks FROM date_zone WHERE key = ?1");
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    for (size_t i = 0; i < DATE_BLOCKS; i++)
        ret_blocks[i] = DATE_NONE;
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, key_of(kind, chunk));
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW && !unpack(statement, ret_blocks)) {
        err_set(err, "The store is damaged: the dates of the chunk %lld.", (long long)chunk);
        problem = PROBLEM_INTERNAL;
    } else if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

static bool write_blocks(struct sqlite_reader *writer, enum date_kind kind, int64_t chunk,
                         struct date_bounds blocks[DATE_BLOCKS])
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "INSERT OR REPLACE INTO date_zone (key, first, last, blocks) "
                                      "VALUES (?1, ?2, ?3, ?4)");
    struct date_bounds all = DATE_NONE;
    bool done;

    if (statement == NULL)
        return false;
    for (size_t i = 0; i < DATE_BLOCKS; i++) {
        all.first = blocks[i].first < all.first ? blocks[i].first : all.first;
        all.last = blocks[i].last > all.last ? blocks[i].last : all.last;
        blocks[i].first = (int64_t)htole64((uint64_t)blocks[i].first);
        blocks[i].last = (int64_t)htole64((uint64_t)blocks[i].last);
    }
    sqlite3_bind_int64(statement, 1, key_of(kind, chunk));
    sqlite3_bind_int64(statement, 2, all.first);
    sqlite3_bind_int64(statement, 3, all.last);
    sqlite3_bind_blob64(statement, 4, blocks, DATE_BLOCKS * sizeof(*blocks), SQLITE_STATIC);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}

/* Whether a date was outside. */
static bool widen(struct date_bounds *bounds, int64_t date)
{
    bool wider = date != JOB_NO_TIME && (date < bounds->first || date > bounds->last);

    if (wider && date < bounds->first)
        bounds->first = date;
    if (wider && date > bounds->last)
        bounds->last = date;
    return wider;
}

static bool widen_kind(struct sqlite_reader *writer, enum date_kind kind, const struct mark *marks,
                       size_t count)
{
    int64_t chunk = mark_chunk(marks[0].ordinal);
    struct date_bounds blocks[DATE_BLOCKS];
    bool wider = false;

    if (date_blocks_read(writer, kind, chunk, blocks, NULL) != PROBLEM_NONE)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct date_bounds *block = &blocks[marks[i].ordinal % MARK_CHUNK / DATE_BLOCK];
        int64_t date = kind == DATE_STARTED ? marks[i].started_on : marks[i].ended_on;
        wider = widen(block, date) || wider;
    }
    return !wider || write_blocks(writer, kind, chunk, blocks);
}

bool date_zone_widen(struct sqlite_reader *writer, const struct mark *marks, size_t count)
{
    return widen_kind(writer, DATE_STARTED, marks, count) &&
           widen_kind(writer, DATE_ENDED, marks, count);
}
