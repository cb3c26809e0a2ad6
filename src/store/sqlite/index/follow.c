/* Following: jobs by change number, those that the index has turned into marks. */
#include "store/sqlite/index/follow.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/index/mark.h"
#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/watermark.h"

#include <stdlib.h>

static bool last_change(struct sqlite_reader *writer, int64_t *ret_change)
{
    return connection_number(writer, "SELECT max(change) FROM job", ret_change);
}

bool follow_start(struct sqlite_reader *writer)
{
    int64_t change;

    return last_change(writer, &change) && watermark_write(writer, WATERMARK_CHANGES, change);
}

struct piece {
    int64_t change; /* the watermark */
    struct mark *marks; /* until they are numbered, positions stand for ordinals */
    size_t count;
};

static void piece_release(struct piece *piece)
{
    mem_free(piece->marks);
}

static bool read_rows(sqlite3_stmt *changes, struct piece *piece)
{
    int code;

    while ((code = sqlite3_step(changes)) == SQLITE_ROW) {
        piece->marks[piece->count++] = mark_of(changes, 2, sqlite3_column_int64(changes, 0));
        piece->change = sqlite3_column_int64(changes, 1);
    }
    sqlite_rewind(changes);
    return code == SQLITE_DONE;
}

/* Jobs that are not indexed yet are passed over: they will be marked then, as they are. */
static bool read_changes(struct sqlite_reader *writer, int budget, struct piece *piece)
{
    sqlite3_stmt *changes = sqlite_prepare_cached(
        writer, "SELECT position, change, status, started_on, ended_on FROM job "
                "INDEXED BY job_change WHERE change > ?1 AND position <= ?2 "
                "ORDER BY change LIMIT ?3");
    int64_t indexed;

    piece->marks = mem_alloc((size_t)budget, sizeof(*piece->marks));
    if (changes == NULL || piece->marks == NULL ||
        watermark_read(writer, WATERMARK_JOBS, &indexed, NULL) != PROBLEM_NONE)
        return false;
    sqlite3_bind_int64(changes, 1, piece->change);
    sqlite3_bind_int64(changes, 2, indexed);
    sqlite3_bind_int(changes, 3, budget);
    if (!read_rows(changes, piece))
        return false;
    return piece->count == (size_t)budget || last_change(writer, &piece->change);
}

static int by_position(const void *a, const void *b)
{
    const struct mark *left = a, *right = b;

    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

/* Neighbours share a block of ordinals. */
static bool number(struct sqlite_reader *writer, struct piece *piece)
{
    struct ordinal_block block = {0};

    qsort(piece->marks, piece->count, sizeof(piece->marks[0]), by_position);
    for (size_t i = 0; i < piece->count; i++) {
        int64_t *ordinal = &piece->marks[i].ordinal;
        if (ordinal_below(writer, &block, *ordinal, ordinal, NULL) != PROBLEM_NONE)
            return false;
    }
    return true;
}

bool follow_step(struct sqlite_reader *writer, int budget, struct follow_progress *ret_progress)
{
    AUTO(piece_release) struct piece piece = {0};

    if (watermark_read(writer, WATERMARK_CHANGES, &piece.change, NULL) != PROBLEM_NONE ||
        !read_changes(writer, budget, &piece) || !number(writer, &piece) ||
        !marks_put(writer, piece.marks, piece.count))
        return false;
    ret_progress->change = piece.change;
    ret_progress->behind = piece.count == (size_t)budget;
    return watermark_write(writer, WATERMARK_CHANGES, piece.change);
}
