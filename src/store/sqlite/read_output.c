/* Reading output: the pieces from a point on, copied into one text but for the hole. */
#include "base/scope.h"
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

static size_t length(struct output_range range)
{
    return (size_t)(range.to - range.from);
}

/* What a piece has of a range, to its place in `target`, where the range begins; how much it is. */
static size_t copy(char *target, struct output_range range, int64_t offset, struct span piece)
{
    int64_t from = offset > range.from ? offset : range.from;
    int64_t end = offset + (int64_t)piece.len, to = end < range.to ? end : range.to;

    if (from >= to)
        return 0;
    memcpy(target + (from - range.from), piece.ptr + (from - offset), (size_t)(to - from));
    return (size_t)(to - from);
}

/* From the piece that `from` lies in; how many bytes of both ranges were there. */
static bool copy_pieces(struct sqlite_reader *reader, int64_t position,
                        const struct output_view *view, char *bytes, size_t *ret_found)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        reader, "SELECT offset, bytes FROM output WHERE position = ?1 AND offset >= (SELECT "
                "coalesce(max(offset), 0) FROM output WHERE position = ?1 AND offset <= ?2) "
                "ORDER BY offset");
    size_t head = length(view->head);
    int code = SQLITE_ERROR;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, position);
    sqlite3_bind_int64(statement, 2, head > 0 ? view->head.from : view->tail.from);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t offset = sqlite3_column_int64(statement, 0);
        const char *ptr = sqlite3_column_blob(statement, 1);
        struct span piece = {ptr, (size_t)sqlite3_column_bytes(statement, 1)};
        *ret_found += copy(bytes, view->head, offset, piece);
        *ret_found += copy(bytes + head, view->tail, offset, piece);
    }
    sqlite_rewind(statement);
    return code == SQLITE_DONE;
}

static enum problem read_bytes(struct sqlite_reader *reader, int64_t position,
                               struct store_output *read)
{
    struct output_view view = output_view(read->output.size, read->offset);
    struct output *output = &read->output;
    size_t len = length(view.head) + length(view.tail), found = 0;
    char *bytes = arena_alloc(read->arena, len + 1, 1);

    if (bytes == NULL)
        return problem_no_memory(&read->call.err);
    if (len > 0 && !copy_pieces(reader, position, &view, bytes, &found))
        return sqlite_problem(reader->db, &read->call.err);
    if (found != len) {
        err_set(&read->call.err, "The store is damaged: output is missing.");
        return PROBLEM_INTERNAL;
    }
    output->bytes = (struct span){bytes, len};
    output->gap = length(view.head);
    output->dropped = view.dropped;
    return PROBLEM_NONE;
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
    read->output = (struct output){.size = offset + last, .ended = status_is_over(status)};
    return read_bytes(reader, position, read);
}

void sqlite_read_output(struct store *store, struct store_output *read)
{
    sqlite_read(store, &read->call, output);
}
