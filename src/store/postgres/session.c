/* Sessions: looked up by the digests of their tokens, added and deleted. */
#include "base/scope.h"
#include "store/postgres/read.h"
#include "store/postgres/row.h"
#include "store/postgres/state.h"
#include "store/postgres/write/batch.h"

#include <string.h>

static struct span digest_span(const uint8_t *digest)
{
    return (struct span){(const char *)digest, DIGEST_SIZE};
}

enum problem pg_read_session(struct pg_connection *connection, struct pg_store *store,
                             struct store_session_get *get)
{
    struct session *session = &get->session;
    struct pg_params params = {0};
    const PGresult *result;
    struct span proof;

    param_bytes(&params, digest_span(session->token));
    param_number(&params, clock_wall_ms(store->store.clock));
    result = pg_ask(connection,
                    "SELECT account, proof, created_on, expires_on FROM session "
                    "WHERE token = $1 AND expires_on > $2",
                    &params);
    if (result == NULL)
        return pg_failed(connection, &get->call.err);
    if (pg_rows(result) == 0)
        return PROBLEM_NOT_AUTHENTICATED;
    proof = row_span(pg_first(result), 1);
    if (!row_uuid(pg_first(result), 0, &session->account) || proof.len != DIGEST_SIZE) {
        err_set(&get->call.err, "The store is damaged: a session cannot be read.");
        return PROBLEM_INTERNAL;
    }
    memcpy(session->proof, proof.ptr, proof.len);
    session->created_on = row_number(pg_first(result), 2, 0);
    session->expires_on = row_number(pg_first(result), 3, 0);
    return PROBLEM_NONE;
}

/* The tokens as one array, in `arena` with what they take while it is made. */
static void param_tokens(struct pg_params *params, struct arena *arena,
                         const struct store_sessions *sessions)
{
    struct span *tokens = ARENA_ARRAY(arena, struct span, sessions->count);

    params->failed = tokens == NULL;
    if (params->failed)
        return;
    for (size_t i = 0; i < sessions->count; i++)
        tokens[i] = digest_span(sessions->tokens[i]);
    param_array(params, arena, PG_BYTES, tokens, sessions->count);
}

/* A row for each that was asked for, in their order. */
enum problem pg_read_sessions(struct pg_connection *connection, struct pg_store *store,
                              struct store_sessions *sessions)
{
    struct pg_params params = {0};
    struct arena arena;
    const PGresult *result;

    arena_init(&arena, 4096 + sessions->count * 2 * (DIGEST_SIZE + sizeof(struct span)));
    param_tokens(&params, &arena, sessions);
    param_number(&params, clock_wall_ms(store->store.clock));
    result = pg_ask(connection,
                    "SELECT (SELECT expires_on FROM session WHERE session.token = asked.token AND "
                    "expires_on > $2) FROM unnest($1) WITH ORDINALITY AS asked (token, place) "
                    "ORDER BY place",
                    &params);
    arena_release(&arena);
    if (result == NULL)
        return pg_failed(connection, &sessions->call.err);
    for (size_t i = 0; i < sessions->count; i++)
        sessions->ret_there[i] = !row_is_null((struct pg_row){result, (int)i}, 0);
    return PROBLEM_NONE;
}

/* Before the new one comes, which may have the oldest time after the clock was set. */
static void make_room(struct pg_connection *connection, const struct store_session *action)
{
    struct pg_params params = {0};

    param_uuid(&params, &action->session.account);
    param_number(&params, (int64_t)action->keep - 1);
    pg_send(connection,
            "DELETE FROM session WHERE token IN (SELECT token FROM session WHERE account = $1 "
            "ORDER BY created_on DESC OFFSET $2)",
            &params);
}

static void insert(struct pg_connection *connection, const struct session *session)
{
    struct pg_params params = {0};

    param_bytes(&params, digest_span(session->token));
    param_uuid(&params, &session->account);
    param_bytes(&params, digest_span(session->proof));
    param_number(&params, session->created_on);
    param_number(&params, session->expires_on);
    pg_send(connection,
            "INSERT INTO session (token, account, proof, created_on, expires_on) "
            "VALUES ($1, $2, $3, $4, $5)",
            &params);
}

static void delete_one(struct pg_connection *connection, const struct session *session)
{
    struct pg_params params = {0};

    param_bytes(&params, digest_span(session->token));
    pg_send(connection, "DELETE FROM session WHERE token = $1", &params);
}

static bool run(struct pg_batch *batch, struct pg_step *step)
{
    const struct store_session *action = CONTAINER_OF(step->call, struct store_session, call);

    step->call->problem = PROBLEM_NONE;
    switch (action->action) {
    case SESSION_ADD:
        make_room(batch->connection, action);
        insert(batch->connection, &action->session);
        break;
    case SESSION_DELETE:
        delete_one(batch->connection, &action->session);
        break;
    }
    return true;
}

const struct pg_operation pg_session_operation = {.run = run};
