/* Appending to output: small pieces grow, large ones are split, the middle is thrown away. */
#include "store/output_pieces.h"
#include "store/sqlite/state.h"
#include "store/sqlite/write/write.h"

static void bind_piece(sqlite3_stmt *statement, int64_t position, int64_t offset, struct span bytes)
{
    if (statement == NULL)
        return;
    sqlite3_bind_int64(statement, 1, position);
    sqlite3_bind_int64(statement, 2, offset);
    sqlite3_bind_blob64(statement, 3, bytes.ptr, bytes.len, SQLITE_STATIC);
}

/* The database is in UTF-8, so SQLite takes the bytes for text and back as they are. */
static bool grow_piece(struct writer *writer, int64_t position, int64_t offset, struct span bytes,
                       struct store_call *call)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer->connection, "UPDATE output SET bytes = CAST(bytes || ?3 AS BLOB) "
                            "WHERE position = ?1 AND offset = ?2");

    bind_piece(statement, position, offset, bytes);
    return write_step(writer, statement, call);
}

static bool add_piece(struct writer *writer, int64_t position, int64_t offset, struct span bytes,
                      struct store_call *call)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(writer->connection, "INSERT INTO output (position, offset, bytes) "
                                                  "VALUES (?1, ?2, ?3)");

    bind_piece(statement, position, offset, bytes);
    return write_step(writer, statement, call);
}

static bool add_pieces(struct writer *writer, int64_t position, int64_t offset, struct span bytes,
                       struct store_call *call)
{
    while (bytes.len > 0) {
        struct span piece = {bytes.ptr,
                             bytes.len < OUTPUT_PIECE_MAX ? bytes.len : OUTPUT_PIECE_MAX};
        if (!add_piece(writer, position, offset, piece, call))
            return false;
        bytes = (struct span){bytes.ptr + piece.len, bytes.len - piece.len};
        offset += (int64_t)piece.len;
    }
    return true;
}

/* The pieces that lie in the hole with all their bytes. */
static bool drop_middle(struct writer *writer, int64_t position, int64_t size,
                        struct store_call *call)
{
    struct output_view view = output_view(size, 0);
    sqlite3_stmt *statement;

    if (view.dropped == 0)
        return true;
    statement = sqlite_prepare_cached(writer->connection,
                                      "DELETE FROM output WHERE position = ?1 AND offset >= ?2 AND "
                                      "offset < ?3 AND offset + length(bytes) <= ?3");
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, position);
        sqlite3_bind_int64(statement, 2, view.head.to);
        sqlite3_bind_int64(statement, 3, view.tail.from);
    }
    return write_step(writer, statement, call);
}

/* `last` is the length of the last piece, which the stream ends with. */
static bool store_fresh(struct writer *writer, struct store_append *append, int64_t position,
                        int64_t last, struct span fresh)
{
    struct store_call *call = &append->call;
    struct span rest = fresh;

    if (last > 0 && last < OUTPUT_PIECE_MIN) {
        rest.len = fresh.len < OUTPUT_PIECE_MAX ? fresh.len : OUTPUT_PIECE_MAX;
        if (!grow_piece(writer, position, append->size - last, rest, call))
            return false;
        rest = (struct span){fresh.ptr + rest.len, fresh.len - rest.len};
    }
    if (!add_pieces(writer, position, append->size + (int64_t)(fresh.len - rest.len), rest, call))
        return false;
    append->size += (int64_t)fresh.len;
    return drop_middle(writer, position, append->size, call) &&
           write_change(writer, position, 0, call);
}

/* As in an update, a row that cannot be read is this call's trouble alone. */
bool write_append(struct writer *writer, struct store_append *append)
{
    struct store_call *call = &append->call;
    struct write_loaded loaded;
    struct hold hold = {&loaded.job, &loaded.lease, write_moment(writer)};
    struct span fresh = {0};
    int64_t offset, last;

    call->problem = write_load(writer, &append->id, append->arena, &loaded, &call->err);
    if (call->problem != PROBLEM_NONE)
        return call->problem != PROBLEM_STORE_UNAVAILABLE;
    if (!sqlite_output_end(writer->connection, loaded.job.position, &offset, &last)) {
        call->problem = sqlite_problem(writer->connection->db, &call->err);
        return false;
    }
    append->size = offset + last;
    call->problem = append->check(append->context, &hold, &call->err);
    if (call->problem == PROBLEM_NONE)
        call->problem =
            output_fresh(append->size, append->offset, append->bytes, &fresh, &call->err);
    if (call->problem != PROBLEM_NONE || fresh.len == 0)
        return true;
    return store_fresh(writer, append, loaded.job.position, last, fresh);
}
