/* Marks, put a chunk at a time where they belong. */
#include "store/sqlite/index/mark.h"

#include "base/scope.h"
#include "store/sqlite/index/date_zone.h"
#include "store/sqlite/index/job_set.h"

struct mark mark_of(sqlite3_stmt *row, int column, int64_t ordinal)
{
    return (struct mark){
        .ordinal = ordinal,
        .status = (enum job_status)sqlite3_column_int(row, column),
        .started_on = sqlite_date(row, column + 1),
        .ended_on = sqlite_date(row, column + 2),
    };
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
            !date_zone_widen(writer, marks + from, to - from))
            return false;
    }
    return true;
}
