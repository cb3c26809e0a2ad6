/* Reading output: the pieces from a point on, copied into one text but for the hole. */
#include "base/scope.h"
#include "store/output_pieces.h"
#include "store/sqlite/state.h"

bool sqlite_output_end(struct sqlite_reader *reader, int64_t position, int64_t *ret_offset,
                       int64_t *ret_length)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT offset, length(bytes) FROM output "
                                      "WHERE position = ?1 ORDER BY offset DESC LIMIT 1");
    int code = SQLITE_ERROR;

    *ret_offset = *ret_length = 0;
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, position);
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        *ret_offset = sqlite3_column_int64(statement, 0);
        *ret_length = sqlite3_column_int64(statement, 1);
    }
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* From the piece that the first wanted byte lies in. */
static bool read_pieces(struct sqlite_reader *reader, int64_t position,
                        struct output_pieces *pieces)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        reader, "SELECT offset, bytes FROM output WHERE position = ?1 AND offset >= (SELECT "
                "coalesce(max(offset), 0) FROM output WHERE position = ?1 AND offset <= ?2) "
                "ORDER BY offset");
    int code = SQLITE_ERROR;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, position);
    sqlite3_bind_int64(statement, 2, output_pieces_from(pieces));
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *ptr = sqlite3_column_blob(statement, 1);
        output_pieces_add(pieces, sqlite3_column_int64(statement, 0),
                          (struct span){ptr, (size_t)sqlite3_column_bytes(statement, 1)});
    }
    sqlite_rewind(statement);
    return code == SQLITE_DONE;
}

static enum problem read_bytes(struct sqlite_reader *reader, int64_t position, int64_t size,
                               struct store_output *read)
{
    struct output_pieces pieces;

    if (!output_pieces_begin(&pieces, read, size))
        return problem_no_memory(&read->call.err);
    if (!read_pieces(reader, position, &pieces))
        return sqlite_problem(reader->db, &read->call.err);
    return output_pieces_end(&pieces, read, size);
}

static enum problem read_status(struct sqlite_reader *reader, const struct uuid *id,
                                int64_t position, enum job_status *ret_status, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT status FROM job WHERE position = ?1 AND id = ?2");
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, position);
        sqlite_bind_uuid(statement, 2, id);
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW)
        *ret_status = (enum job_status)sqlite3_column_int(statement, 0);
    sqlite_rewind(statement);
    if (code == SQLITE_ROW)
        return PROBLEM_NONE;
    return code == SQLITE_DONE ? PROBLEM_JOB_NOT_FOUND : sqlite_problem(reader->db, err);
}

static enum problem output(struct sqlite_store *store, struct sqlite_reader *reader,
                           struct store_call *call)
{
    struct store_output *read = CONTAINER_OF(call, struct store_output, call);
    enum job_status status = STATUS_WAITING;
    int64_t position, offset, last;
    enum problem problem;

    (void)store;
    if (!uuid_position(&read->id, &position))
        return PROBLEM_JOB_NOT_FOUND;
    problem = read_status(reader, &read->id, position, &status, &call->err);
    if (problem != PROBLEM_NONE)
        return problem;
    if ((unsigned)status >= STATUS_COUNT) {
        err_set(&call->err, "The store is damaged: the row %lld is no job.", (long long)position);
        return PROBLEM_INTERNAL;
    }
    if (!sqlite_output_end(reader, position, &offset, &last))
        return sqlite_problem(reader->db, &call->err);
    read->output = (struct output){.ended = status_is_over(status)};
    return read_bytes(reader, position, offset + last, read);
}

void sqlite_read_output(struct store *store, struct store_output *read)
{
    sqlite_read(store, &read->call, output);
}
