/* Output: pieces appended under the right to write, and read at one moment. */
#include "store/output_pieces.h"

#include "base/scope.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"
#include "store/postgres/write/batch.h"

static struct store_append *append_of(const struct pg_step *step)
{
    return CONTAINER_OF(step->call, struct store_append, call);
}

/* Where the stream ends. */
static void look(struct pg_batch *batch, struct pg_step *step)
{
    struct pg_params params = {0};
    int64_t position = 0;

    uuid_position(&append_of(step)->id, &position);
    param_number(&params, position);
    step->look = pg_send(batch->connection,
                         "SELECT begins, octet_length(bytes) FROM output WHERE position = $1 "
                         "ORDER BY begins DESC LIMIT 1",
                         &params);
}

static bool load(struct pg_batch *batch, struct pg_step *step)
{
    const PGresult *result = pg_result(batch->connection, step->look);
    struct pg_held *held;
    int64_t position;

    if (!uuid_position(&append_of(step)->id, &position))
        return true;
    held = rows_want(&batch->rows, position);
    if (held == NULL)
        return false;
    if (pg_rows(result) > 0) {
        held->piece_begins = row_number(pg_first(result), 0, 0);
        held->piece_length = row_number(pg_first(result), 1, 0);
    }
    return true;
}

static void send_piece(struct pg_batch *batch, const char *sql, struct pg_held *held,
                       struct span bytes)
{
    struct pg_params params = {0};

    param_number(&params, held->position);
    param_number(&params, held->piece_begins);
    param_bytes(&params, bytes);
    pg_send(batch->connection, sql, &params);
    held->piece_length += (int64_t)bytes.len;
}

/* A short piece grows; what does not fit begins another. */
static void store_pieces(struct pg_batch *batch, struct pg_held *held, struct span bytes)
{
    while (bytes.len > 0) {
        struct span piece = {bytes.ptr,
                             bytes.len < OUTPUT_PIECE_MAX ? bytes.len : OUTPUT_PIECE_MAX};
        bool grows = held->piece_length > 0 && held->piece_length < OUTPUT_PIECE_MIN;
        if (!grows) {
            held->piece_begins += held->piece_length;
            held->piece_length = 0;
        }
        send_piece(batch,
                   grows ? "UPDATE output SET bytes = bytes || $3 "
                           "WHERE position = $1 AND begins = $2"
                         : "INSERT INTO output (position, begins, bytes) VALUES ($1, $2, $3)",
                   held, piece);
        bytes = (struct span){bytes.ptr + piece.len, bytes.len - piece.len};
    }
}

/* The pieces that lie in the hole with all their bytes. */
static void drop_middle(struct pg_batch *batch, int64_t position, int64_t size)
{
    struct output_view view = output_view(size, 0);
    struct pg_params params = {0};

    if (view.dropped == 0)
        return;
    param_number(&params, position);
    param_number(&params, view.head.to);
    param_number(&params, view.tail.from);
    pg_send(batch->connection,
            "DELETE FROM output WHERE position = $1 AND begins >= $2 AND begins < $3 AND "
            "begins + octet_length(bytes) <= $3",
            &params);
}

static bool append(struct pg_batch *batch, struct store_append *append, struct pg_held *held)
{
    struct store_call *call = &append->call;
    struct job job = held->job;
    struct lease lease = held->lease;
    struct hold hold = {&job, &lease, batch->now};
    struct span fresh = {0};

    append->size = held->piece_begins + held->piece_length;
    call->problem = append->check(append->context, &hold, &call->err);
    if (call->problem == PROBLEM_NONE)
        call->problem =
            output_fresh(append->size, append->offset, append->bytes, &fresh, &call->err);
    if (call->problem != PROBLEM_NONE || fresh.len == 0)
        return true;
    store_pieces(batch, held, fresh);
    append->size += (int64_t)fresh.len;
    drop_middle(batch, held->position, append->size);
    if (news_of_change(&batch->writer->news, held->position, 0))
        return true;
    call->problem = problem_no_memory(&call->err);
    return false;
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    struct store_call *call = step->call;
    struct pg_held *held = NULL;

    call->problem = pg_batch_row_of(batch, &append_of(step)->id, &held, &call->err);
    return call->problem != PROBLEM_NONE || append(batch, append_of(step), held);
}

const struct pg_operation pg_append_operation = {.look = look, .load = load, .run = run};

/* The job, where its stream ends, and the pieces from the first wanted byte on: one statement. */
#define SELECT_OUTPUT                                                                              \
    "WITH stream AS (SELECT coalesce((SELECT begins + octet_length(bytes) FROM output "            \
    "WHERE position = $1 ORDER BY begins DESC LIMIT 1), 0) AS size) "                              \
    "SELECT job.status, stream.size, piece.begins, piece.bytes FROM job CROSS JOIN stream "        \
    "LEFT JOIN output AS piece ON piece.position = job.position AND "                              \
    "piece.begins + octet_length(piece.bytes) > "                                                  \
    "CASE WHEN $3 < 0 THEN stream.size + $3 ELSE $3 END "                                          \
    "WHERE job.position = $1 AND job.id = $2 ORDER BY piece.begins"

static enum problem read_pieces(const PGresult *result, struct store_output *read)
{
    int64_t size = row_number(pg_first(result), 1, 0);
    struct output_pieces pieces;

    if (!output_pieces_begin(&pieces, read, size))
        return problem_no_memory(&read->call.err);
    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        if (!row_is_null(row, 2))
            output_pieces_add(&pieces, row_number(row, 2, 0), row_span(row, 3));
    }
    return output_pieces_end(&pieces, read, size);
}

enum problem pg_read_output(struct pg_connection *connection, struct store_output *read)
{
    struct pg_params params = {0};
    const PGresult *result;
    enum job_status status;
    int64_t position;

    if (!uuid_position(&read->id, &position))
        return PROBLEM_JOB_NOT_FOUND;
    param_number(&params, position);
    param_uuid(&params, &read->id);
    param_number(&params, read->offset);
    result = pg_ask(connection, SELECT_OUTPUT, &params);
    if (result == NULL)
        return pg_failed(connection, &read->call.err);
    if (pg_rows(result) == 0)
        return PROBLEM_JOB_NOT_FOUND;
    status = (enum job_status)row_number(pg_first(result), 0, STATUS_COUNT);
    if ((unsigned)status >= STATUS_COUNT) {
        err_set(&read->call.err, "The store is damaged: the row %lld is no job.",
                (long long)position);
        return PROBLEM_INTERNAL;
    }
    read->output = (struct output){.ended = status_is_over(status)};
    return read_pieces(result, read);
}
