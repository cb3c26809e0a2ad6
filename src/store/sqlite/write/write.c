/* What the writes share: statements that yield nothing, the dictionaries, the probe. */
#include "store/sqlite/write/write.h"

int64_t write_now(const struct writer *writer)
{
    int64_t now = clock_wall_ms(writer->clock);

    return now > 0 ? now : 0;
}

bool write_step(struct writer *writer, sqlite3_stmt *statement, struct store_call *call)
{
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    if (code != SQLITE_DONE)
        call->problem = sqlite_problem(writer->connection->db, &call->err);
    sqlite_rewind(statement);
    return code == SQLITE_DONE;
}

bool write_type(struct writer *writer, struct span name, struct store_call *call, int64_t *ret_id)
{
    sqlite3_stmt *statement;

    call->problem = sqlite_type_id(writer->connection, name, ret_id, &call->err);
    if (call->problem != PROBLEM_NONE || *ret_id != 0)
        return call->problem == PROBLEM_NONE;
    statement = sqlite_prepare_cached(writer->connection, "INSERT INTO type (name) VALUES (?1)");
    if (statement != NULL)
        sqlite_bind_span(statement, 1, name);
    if (!write_step(writer, statement, call))
        return false;
    *ret_id = sqlite3_last_insert_rowid(writer->connection->db);
    return true;
}

bool write_person(struct writer *writer, const struct uuid *uuid, struct store_call *call,
                  int64_t *ret_id)
{
    sqlite3_stmt *statement;

    call->problem = sqlite_person_id(writer->connection, uuid, ret_id, &call->err);
    if (call->problem != PROBLEM_NONE || *ret_id != 0)
        return call->problem == PROBLEM_NONE;
    statement = sqlite_prepare_cached(writer->connection, "INSERT INTO person (uuid) VALUES (?1)");
    if (statement != NULL)
        sqlite_bind_uuid(statement, 1, uuid);
    if (!write_step(writer, statement, call))
        return false;
    *ret_id = sqlite3_last_insert_rowid(writer->connection->db);
    return true;
}

/* Another value each time: SQLite writes no page whose content stays the same. */
bool write_probe(struct writer *writer, struct store_probe *probe)
{
    probe->call.problem = PROBLEM_NONE;
    return write_step(writer,
                      sqlite_prepare_cached(writer->connection,
                                            "INSERT INTO meta (key, value) VALUES ('probes', 1) "
                                            "ON CONFLICT (key) DO UPDATE SET value = value + 1"),
                      &probe->call);
}
