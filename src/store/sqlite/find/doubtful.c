/* Doubtful jobs: the tail of the change feed. */
#include "store/sqlite/find/doubtful.h"

#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/posting.h"
#include "store/sqlite/index/watermark.h"

#include <stdlib.h>

void doubtful_release(struct doubtful *doubtful)
{
    posting_free(doubtful->set);
    *doubtful = (struct doubtful){0};
}

/* The position is numbered later. */
static bool add(struct arena *arena, struct doubtful *doubtful, size_t *room, int64_t position)
{
    if (doubtful->count == *room)
        doubtful->ordinals =
            arena_doubled(arena, doubtful->ordinals, sizeof(doubtful->ordinals[0]), room);
    if (doubtful->ordinals == NULL)
        return false;
    doubtful->ordinals[doubtful->count++] = position;
    return true;
}

static enum problem read_positions(struct sqlite_reader *reader, int64_t change, int64_t indexed,
                                   struct arena *arena, struct doubtful *doubtful, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT position FROM job INDEXED BY job_change "
                                      "WHERE change > ?1 AND position <= ?2 LIMIT ?3");
    enum problem problem = PROBLEM_NONE;
    size_t room = 0;
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, change);
        sqlite3_bind_int64(statement, 2, indexed);
        sqlite3_bind_int(statement, 3, DOUBTFUL_MAX + 1);
    }
    while (problem == PROBLEM_NONE && statement != NULL &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!add(arena, doubtful, &room, sqlite3_column_int64(statement, 0)))
            problem = problem_no_memory(err);
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

static enum problem number(struct sqlite_reader *reader, struct doubtful *doubtful, struct err *err)
{
    struct ordinal_block block = {0};
    int64_t *numbers = doubtful->ordinals;
    enum problem problem = PROBLEM_NONE;

    qsort(numbers, doubtful->count, sizeof(numbers[0]), ordinal_newest_first);
    doubtful->set = roaring_bitmap_create();
    if (doubtful->set == NULL)
        return problem_no_memory(err);
    for (size_t i = 0; i < doubtful->count && problem == PROBLEM_NONE; i++) {
        problem = ordinal_below(reader, &block, numbers[i], &numbers[i], err);
        if (problem == PROBLEM_NONE)
            roaring_bitmap_add(doubtful->set, (uint32_t)numbers[i]);
    }
    return problem;
}

enum problem doubtful_read(struct sqlite_reader *reader, int64_t indexed, struct arena *arena,
                           struct doubtful *ret_doubtful, struct err *err)
{
    int64_t change;
    enum problem problem = watermark_read(reader, WATERMARK_CHANGES, &change, err);

    *ret_doubtful = (struct doubtful){0};
    if (problem == PROBLEM_NONE && indexed >= 0)
        problem = read_positions(reader, change, indexed, arena, ret_doubtful, err);
    if (problem == PROBLEM_NONE && ret_doubtful->count > DOUBTFUL_MAX)
        *ret_doubtful = (struct doubtful){.too_many = true};
    if (problem == PROBLEM_NONE && ret_doubtful->count > 0)
        problem = number(reader, ret_doubtful, err);
    return problem;
}
