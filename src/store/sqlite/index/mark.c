/* Marks, put a chunk at a time where they belong. */
#include "store/sqlite/index/mark.h"

#include "base/scope.h"
#include "store/sqlite/index/date_zone.h"
#include "store/sqlite/index/job_set.h"

#include <string.h>

struct mark mark_of(sqlite3_stmt *row, int column, int64_t ordinal)
{
    return (struct mark){
        .ordinal = ordinal,
        .status = (enum job_status)sqlite3_column_int(row, column),
        .started_on = sqlite_date(row, column + 1),
        .ended_on = sqlite_date(row, column + 2),
    };
}

enum problem mark_versions_read(struct sqlite_reader *reader, int64_t first, size_t count,
                                int64_t *ret_versions, struct err *err)
{
    sqlite3_stmt *rows = sqlite_prepare_cached(
        reader, "SELECT chunk, version FROM mark_version WHERE chunk >= ?1 AND chunk < ?2");
    int code = SQLITE_ERROR;

    memset(ret_versions, 0, count * sizeof(*ret_versions));
    if (rows != NULL) {
        sqlite3_bind_int64(rows, 1, first);
        sqlite3_bind_int64(rows, 2, first + (int64_t)count);
    }
    while (rows != NULL && (code = sqlite3_step(rows)) == SQLITE_ROW)
        ret_versions[sqlite3_column_int64(rows, 0) - first] = sqlite3_column_int64(rows, 1);
    sqlite_rewind(rows);
    return code == SQLITE_DONE ? PROBLEM_NONE : sqlite_problem(reader->db, err);
}

static bool count_up(struct sqlite_reader *writer, int64_t chunk)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "INSERT INTO mark_version (chunk, version) VALUES (?1, 1) "
                                      "ON CONFLICT (chunk) DO UPDATE SET version = version + 1");
    bool done;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, chunk);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}

bool marks_put(struct sqlite_reader *writer, const struct mark *marks, size_t count)
{
    AUTO(buf_release) struct buf room = BUF(POSTING_MAX);
    size_t from = 0, to;

    for (; from < count; from = to) {
        for (to = from; to < count; to++)
            if (mark_chunk(marks[to].ordinal) != mark_chunk(marks[from].ordinal))
                break;
        if (!job_sets_put(writer, marks + from, to - from, &room) ||
            !date_zone_widen(writer, marks + from, to - from) ||
            !count_up(writer, mark_chunk(marks[from].ordinal)))
            return false;
    }
    return true;
}
