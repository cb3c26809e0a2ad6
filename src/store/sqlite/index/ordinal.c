/* Ordinals: rows of positions, found by number or by position. */
#include "store/sqlite/index/ordinal.h"

#include <endian.h>
#include <string.h>

int ordinal_newest_first(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left < *right) - (*left > *right);
}

/* Takes over what a row holds, and leaves the statement on it. */
static enum problem load(sqlite3_stmt *row, struct ordinal_block *block, struct err *err)
{
    size_t bytes = (size_t)sqlite3_column_bytes(row, 1);
    const char *from = sqlite3_column_blob(row, 1);

    block->count = 0;
    if (bytes == 0 || bytes % sizeof(int64_t) != 0 || bytes > sizeof(block->positions)) {
        err_set(err, "The store is damaged: the name index numbers no jobs in a block.");
        return PROBLEM_INTERNAL;
    }
    block->number = sqlite3_column_int64(row, 0);
    block->count = bytes / sizeof(int64_t);
    memcpy(block->positions, from, bytes);
    for (size_t i = 0; i < block->count; i++)
        block->positions[i] = (int64_t)le64toh((uint64_t)block->positions[i]);
    return PROBLEM_NONE;
}

/* The block a statement finds for a number; with count 0 when there is none. */
static enum problem find(struct sqlite_reader *reader, const char *sql, int64_t number,
                         struct ordinal_block *block, struct err *err)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, sql);
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    block->count = 0;
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, number);
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW)
        problem = load(statement, block, err);
    else if (code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

/* Below the greatest number there is. */
static enum problem last(struct sqlite_reader *reader, struct ordinal_block *block, struct err *err)
{
    return find(reader,
                "SELECT block, positions FROM name_job WHERE block <= ?1 ORDER BY block DESC "
                "LIMIT 1",
                INT64_MAX, block, err);
}

static int64_t first_of(const struct ordinal_block *block)
{
    return block->number * ORDINAL_BLOCK;
}

enum problem ordinal_count(struct sqlite_reader *reader, int64_t *ret_count, struct err *err)
{
    struct ordinal_block block = {0};
    enum problem problem = last(reader, &block, err);

    *ret_count = block.count > 0 ? first_of(&block) + (int64_t)block.count : 0;
    return problem;
}

static bool put(struct sqlite_reader *writer, const struct ordinal_block *block)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT OR REPLACE INTO name_job (block, first, positions) VALUES (?1, ?2, ?3)");
    uint64_t positions[ORDINAL_BLOCK];
    bool done;

    if (statement == NULL)
        return false;
    for (size_t i = 0; i < block->count; i++)
        positions[i] = htole64((uint64_t)block->positions[i]);
    sqlite3_bind_int64(statement, 1, block->number);
    sqlite3_bind_int64(statement, 2, block->positions[0]);
    sqlite3_bind_blob64(statement, 3, positions, block->count * sizeof(positions[0]),
                        SQLITE_STATIC);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}

bool ordinal_append(struct sqlite_reader *writer, const int64_t *positions, size_t count)
{
    struct ordinal_block block = {0};

    if (last(writer, &block, NULL) != PROBLEM_NONE)
        return false;
    while (count > 0) {
        size_t room, taken;
        if (block.count == ORDINAL_BLOCK)
            block = (struct ordinal_block){.number = block.number + 1};
        room = ORDINAL_BLOCK - block.count;
        taken = count < room ? count : room;
        memcpy(block.positions + block.count, positions, taken * sizeof(*positions));
        block.count += taken;
        if (!put(writer, &block))
            return false;
        positions += taken;
        count -= taken;
    }
    return true;
}

enum problem ordinal_position(struct sqlite_reader *reader, struct ordinal_block *block,
                              int64_t ordinal, int64_t *ret_position, struct err *err)
{
    int64_t number = ordinal / ORDINAL_BLOCK;
    size_t at = (size_t)(ordinal % ORDINAL_BLOCK);
    enum problem problem = PROBLEM_NONE;

    if (block->count == 0 || block->number != number)
        problem = find(reader, "SELECT block, positions FROM name_job WHERE block = ?1", number,
                       block, err);
    if (problem == PROBLEM_NONE && at >= block->count) {
        err_set(err, "The store is damaged: the name index has no job %lld.", (long long)ordinal);
        return PROBLEM_INTERNAL;
    }
    if (problem == PROBLEM_NONE)
        *ret_position = block->positions[at];
    return problem;
}

static bool covers(const struct ordinal_block *block, int64_t position)
{
    return block->count > 0 && block->positions[0] <= position &&
           position <= block->positions[block->count - 1];
}

/* How many of a block's jobs lie below a position. */
static size_t below_in(const struct ordinal_block *block, int64_t position)
{
    size_t low = 0, high = block->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (block->positions[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum problem ordinal_below(struct sqlite_reader *reader, struct ordinal_block *block,
                           int64_t position, int64_t *ret_ordinal, struct err *err)
{
    enum problem problem = PROBLEM_NONE;

    if (!covers(block, position))
        problem = find(reader,
                       "SELECT block, positions FROM name_job WHERE first <= ?1 "
                       "ORDER BY first DESC LIMIT 1",
                       position, block, err);
    if (problem == PROBLEM_NONE)
        *ret_ordinal = block->count > 0 ? first_of(block) + (int64_t)below_in(block, position) : 0;
    return problem;
}
