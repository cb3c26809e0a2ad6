/* Watermarks: numbers in `meta`. */
#include "store/sqlite/index/watermark.h"

static struct span key_of(enum watermark which)
{
    return span_of(which == WATERMARK_JOBS ? "name_watermark" : "change_watermark");
}

enum problem watermark_read(struct sqlite_reader *reader, enum watermark which, int64_t *ret_value,
                            struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT value FROM meta WHERE key = ?1");
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        sqlite_bind_span(statement, 1, key_of(which));
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    else if (code == SQLITE_DONE)
        *ret_value = -1;
    else
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

bool watermark_write(struct sqlite_reader *writer, enum watermark which, int64_t value)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)");
    bool done;

    if (statement == NULL)
        return false;
    sqlite_bind_span(statement, 1, key_of(which));
    sqlite3_bind_int64(statement, 2, value);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}
