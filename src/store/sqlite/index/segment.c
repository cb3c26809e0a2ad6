/* Segments: the rows that tell of them. */
#include "store/sqlite/index/segment.h"

static struct segment from_row(sqlite3_stmt *row)
{
    return (struct segment){.id = sqlite3_column_int64(row, 0),
                            .first = sqlite3_column_int64(row, 1),
                            .count = sqlite3_column_int64(row, 2),
                            .state = (enum segment_state)sqlite3_column_int(row, 3)};
}

static bool add(struct arena *arena, struct segments *segments, size_t *room,
                struct segment segment)
{
    if (segments->count == *room)
        segments->list = arena_doubled(arena, segments->list, sizeof(segment), room);
    if (segments->list == NULL)
        return false;
    segments->list[segments->count++] = segment;
    return true;
}

enum problem segments_read(struct sqlite_reader *reader, unsigned states, struct arena *arena,
                           struct segments *ret_segments, struct err *err)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        reader, "SELECT id, first, count, state FROM name_segment ORDER BY first DESC, id DESC");
    struct segments found = {0};
    enum problem problem = PROBLEM_NONE;
    size_t room = 0;
    int code = SQLITE_ERROR;

    while (problem == PROBLEM_NONE && statement != NULL &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct segment segment = from_row(statement);
        if ((states & 1U << segment.state) != 0 && !add(arena, &found, &room, segment))
            problem = problem_no_memory(err);
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    if (problem == PROBLEM_NONE)
        *ret_segments = found;
    return problem;
}

static bool run(sqlite3_stmt *statement)
{
    bool done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;

    sqlite_rewind(statement);
    return done;
}

bool segment_add(struct sqlite_reader *writer, struct segment *segment)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT INTO name_segment (first, count, state, id) "
                "SELECT ?1, ?2, ?3, ifnull(max(id), 0) + 1 FROM name_segment");
    bool done;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, segment->first);
    sqlite3_bind_int64(statement, 2, segment->count);
    sqlite3_bind_int(statement, 3, (int)segment->state);
    done = run(statement);
    segment->id = sqlite3_last_insert_rowid(writer->db);
    return done;
}

bool segment_set_state(struct sqlite_reader *writer, int64_t id, enum segment_state state)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "UPDATE name_segment SET state = ?2 WHERE id = ?1");

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int(statement, 2, (int)state);
    return run(statement);
}

bool segment_remove(struct sqlite_reader *writer, int64_t id)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "DELETE FROM name_segment WHERE id = ?1");

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, id);
    return run(statement);
}
