/* Connections: opened under jobd's settings, spoken to in pipelines. */
#include "store/postgres/connection.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/scope.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/*
 * The first schema of the search path is where everything lives; the limits end what hangs on a
 * dead network or behind somebody's lock, and a daemon that stands still with the right to write.
 * Nothing here runs long enough for its compiling to pay, whatever the planner thinks of a plan.
 * Each is as the URL says where that says something: what comes later wins.
 */
static const char own_options[] =
    "-c search_path=jobd -c statement_timeout=30s -c lock_timeout=10s "
    "-c idle_in_transaction_session_timeout=10s -c jit=off";

/* Those before `dbname`, which stands for the URL, are what it may override. */
static const char *const keywords[] = {
    "application_name",
    "connect_timeout",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "target_session_attrs",
    "dbname",
    "options",
    "client_encoding",
    NULL,
};

/* A sentence of libpq's, without its line ends. */
static void say(struct err *err, const char *what, const char *message)
{
    size_t len = strcspn(message, "\n");

    err_set(err, "%s: %.*s.", what, (int)len, message);
}

#define OF_SERVER "connection to "

static bool is_of_server(const char *line)
{
    return strncmp(line, OF_SERVER, strlen(OF_SERVER)) == 0;
}

/* Each server that was tried has a line, any of which may be what matters; hints are on others. */
static void say_servers(struct err *err, const char *message)
{
    AUTO(buf_release) struct buf text = BUF(1 << 16);
    size_t len;

    for (const char *line = message; *line != '\0'; line += len + (line[len] != '\0')) {
        len = strcspn(line, "\n");
        if (is_of_server(line))
            buf_printf(&text, "%s%.*s", line > message ? "; " : "", (int)len, line);
    }
    buf_add_char(&text, '\0');
    err_set(err, "The database cannot be reached: %s.",
            buf_failed(&text) ? "there is not enough memory" : buf_span(&text).ptr);
}

/* What libpq quotes of a URL it cannot read may be the password; of a server it quotes the name. */
static void say_unreached(struct err *err, const char *message)
{
    size_t len = strcspn(message, "\"\n");

    if (is_of_server(message)) {
        say_servers(err, message);
        return;
    }
    while (len > 0 && (message[len - 1] == ' ' || message[len - 1] == ':'))
        len--;
    err_set(err, "The database cannot be reached: %.*s.", (int)len, message);
}

/* Ours and then those of the URL. */
static bool join_options(const char *url, struct buf *to, struct err *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);

    buf_add_str(to, own_options);
    for (const PQconninfoOption *at = options; at != NULL && at->keyword != NULL; at++)
        if (strcmp(at->keyword, "options") == 0 && at->val != NULL)
            buf_printf(to, " %s", at->val);
    buf_add_char(to, '\0');
    if (options == NULL)
        say_unreached(err, message != NULL ? message : "there is not enough memory");
    PQconninfoFree(options);
    PQfreemem(message);
    return options != NULL && (!buf_failed(to) || err_set(err, "The options are too long."));
}

/* What the server says besides answers is not for the program's standard error. */
static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context, (void)notice;
}

PGconn *pg_open(const char *url, struct err *err)
{
    AUTO(buf_release) struct buf options = BUF(4096);
    PGconn *conn;

    if (!join_options(url, &options, err))
        return NULL;
    const char *const values[] = {
        "jobd", "5", "10", "5", "3", "15000", "read-write", url, options.ptr, "UTF8", NULL,
    };
    conn = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(conn) == CONNECTION_OK) {
        PQsetNoticeReceiver(conn, ignore_notice, NULL);
        return conn;
    }
    say_unreached(err, PQerrorMessage(conn));
    PQfinish(conn);
    return NULL;
}

enum problem pg_connect(struct pg_connection *connection, const char *url, struct err *err)
{
    *connection = (struct pg_connection){.conn = pg_open(url, err)};
    if (connection->conn == NULL)
        return PROBLEM_STORE_UNAVAILABLE;
    if (PQenterPipelineMode(connection->conn) == 1)
        return PROBLEM_NONE;
    say(err, "The database cannot be used", PQerrorMessage(connection->conn));
    pg_disconnect(connection);
    return PROBLEM_STORE_UNAVAILABLE;
}

void pg_disconnect(struct pg_connection *connection)
{
    pg_clear(connection);
    PQfinish(connection->conn);
    mem_free(connection->sent);
    for (size_t i = 0; i < PG_PREPARED_MAX; i++)
        mem_free(connection->prepared[i].sql);
    *connection = (struct pg_connection){0};
}

static bool failed(const struct pg_connection *connection)
{
    return connection->problem != PROBLEM_NONE;
}

static void fail(struct pg_connection *connection, enum problem problem, const char *message)
{
    if (failed(connection))
        return;
    connection->problem = problem;
    say(&connection->err, "The database refused", message);
}

/* The connection, the server or its resources; everything else is our mistake. */
static enum problem problem_of(const char *state)
{
    static const char *const unavailable[] = {"08", "25", "40", "53", "55", "57", "58"};

    if (state == NULL)
        return PROBLEM_STORE_UNAVAILABLE;
    for (size_t i = 0; i < ARRAY_SIZE(unavailable); i++)
        if (strncmp(state, unavailable[i], 2) == 0)
            return PROBLEM_STORE_UNAVAILABLE;
    return PROBLEM_INTERNAL;
}

static void fail_result(struct pg_connection *connection, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    fail(connection, problem_of(state), PQresultErrorMessage(result));
}

static void fail_connection(struct pg_connection *connection)
{
    fail(connection, PROBLEM_STORE_UNAVAILABLE, PQerrorMessage(connection->conn));
}

static void note(struct pg_connection *connection, bool wanted)
{
    struct pg_sent *sent = mem_grow(connection->sent, &connection->sent_room,
                                    connection->sent_count + 1, sizeof(*sent));

    if (sent == NULL) {
        fail(connection, PROBLEM_NO_MEMORY, "there is not enough memory");
        return;
    }
    connection->sent = sent;
    connection->sent[connection->sent_count++] = (struct pg_sent){.wanted = wanted};
    connection->statements += wanted;
}

/* FNV-1a. */
static uint64_t hash_of(const char *sql)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *sql != '\0'; sql++)
        hash = (hash ^ (unsigned char)*sql) * UINT64_C(1099511628211);
    return hash;
}

/* The statement's place: where it is already, else a free one or that of the longest unused. */
static struct pg_prepared *place_of(struct pg_connection *connection, const char *sql,
                                    uint64_t hash)
{
    struct pg_prepared *oldest = &connection->prepared[0];

    for (size_t i = 0; i < PG_PREPARED_MAX; i++) {
        struct pg_prepared *prepared = &connection->prepared[i];
        if (prepared->sql != NULL && prepared->hash == hash && strcmp(prepared->sql, sql) == 0)
            return prepared;
        if (prepared->used < oldest->used)
            oldest = prepared;
    }
    return oldest;
}

#define NAME_SIZE 16

static void name_of(const struct pg_prepared *prepared, char ret_name[static NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "s%u", prepared->name);
}

static void forget(struct pg_prepared *prepared)
{
    mem_free(prepared->sql);
    *prepared = (struct pg_prepared){0};
}

/* One that makes room is forgotten by the server as well. */
static void evict(struct pg_connection *connection, struct pg_prepared *prepared)
{
    char name[NAME_SIZE], sql[NAME_SIZE + 16];

    if (prepared->sql == NULL)
        return;
    name_of(prepared, name);
    snprintf(sql, sizeof(sql), "DEALLOCATE %s", name);
    forget(prepared);
    note(connection, false);
    if (!failed(connection) &&
        PQsendQueryParams(connection->conn, sql, 0, NULL, NULL, NULL, NULL, 1) != 1)
        fail_connection(connection);
}

static void prepare(struct pg_connection *connection, const char *sql,
                    const struct pg_params *params, char ret_name[static NAME_SIZE])
{
    uint64_t hash = hash_of(sql);
    struct pg_prepared *prepared = place_of(connection, sql, hash);
    bool known = prepared->sql != NULL && prepared->hash == hash && strcmp(prepared->sql, sql) == 0;

    if (!known) {
        evict(connection, prepared);
        *prepared = (struct pg_prepared){mem_strdup(sql), hash, 0, ++connection->names, false};
    }
    prepared->used = ++connection->uses;
    name_of(prepared, ret_name);
    if (known)
        return;
    note(connection, false);
    if (!failed(connection) &&
        PQsendPrepare(connection->conn, ret_name, sql, params->count, params->types) != 1)
        fail_connection(connection);
}

size_t pg_send(struct pg_connection *connection, const char *sql, const struct pg_params *params)
{
    static const struct pg_params none;
    char name[NAME_SIZE];

    params = params != NULL ? params : &none;
    if (connection->conn == NULL)
        fail(connection, PROBLEM_STORE_UNAVAILABLE, "there is no connection");
    if (params->failed)
        fail(connection, PROBLEM_NO_MEMORY, "there is not enough memory");
    if (!failed(connection))
        prepare(connection, sql, params, name);
    if (!failed(connection))
        note(connection, true);
    if (!failed(connection) &&
        PQsendQueryPrepared(connection->conn, name, params->count, params->values, params->lengths,
                            params->formats, 1) != 1)
        fail_connection(connection);
    return connection->statements - 1;
}

/* The answer to the next of what was sent; each is followed by a NULL. */
static PGresult *receive(struct pg_connection *connection)
{
    PGresult *result = PQgetResult(connection->conn), *end;

    if (result == NULL) {
        fail_connection(connection);
        return NULL;
    }
    while ((end = PQgetResult(connection->conn)) != NULL)
        PQclear(end);
    return result;
}

static void look(struct pg_connection *connection, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        return;
    case PGRES_PIPELINE_ABORTED:
        fail(connection, PROBLEM_INTERNAL, "an earlier statement failed");
        return;
    default:
        fail_result(connection, result);
    }
}

/* What was prepared in a round that failed may or may not be there: it gets another name. */
static void settle_prepared(struct pg_connection *connection)
{
    for (size_t i = 0; i < PG_PREPARED_MAX; i++) {
        struct pg_prepared *prepared = &connection->prepared[i];
        if (prepared->sql == NULL || prepared->settled)
            continue;
        if (failed(connection))
            forget(prepared);
        else
            prepared->settled = true;
    }
}

/* The answers to statements move together, so that their numbers find them. */
static void keep_wanted(struct pg_connection *connection)
{
    size_t kept = 0;

    for (size_t i = 0; i < connection->sent_count; i++) {
        if (connection->sent[i].wanted)
            connection->sent[kept++] = connection->sent[i];
        else
            PQclear(connection->sent[i].result);
    }
    connection->sent_count = kept;
}

/* The server would commit what came before the mark of the round's end; without one, nothing. */
static void leave(struct pg_connection *connection)
{
    PQfinish(connection->conn);
    connection->conn = NULL;
}

bool pg_round(struct pg_connection *connection)
{
    bool sent;

    if (failed(connection) && connection->sent_count > 0)
        leave(connection);
    sent = connection->conn != NULL && PQpipelineSync(connection->conn) == 1;
    if (!sent)
        fail(connection, PROBLEM_STORE_UNAVAILABLE,
             connection->conn != NULL ? PQerrorMessage(connection->conn) : "no connection");
    for (size_t i = 0; i < connection->sent_count && sent; i++) {
        connection->sent[i].result = receive(connection);
        if (connection->sent[i].result == NULL)
            break;
        look(connection, connection->sent[i].result);
    }
    /* The mark of the round's end. */
    if (sent && !pg_is_broken(connection))
        PQclear(PQgetResult(connection->conn));
    settle_prepared(connection);
    keep_wanted(connection);
    return !failed(connection);
}

const PGresult *pg_result(const struct pg_connection *connection, size_t number)
{
    assert(number < connection->sent_count);
    return connection->sent[number].result;
}

void pg_clear(struct pg_connection *connection)
{
    for (size_t i = 0; i < connection->sent_count; i++)
        PQclear(connection->sent[i].result);
    connection->sent_count = 0;
    connection->statements = 0;
    connection->problem = PROBLEM_NONE;
    connection->err.text[0] = '\0';
}

bool pg_is_broken(const struct pg_connection *connection)
{
    return connection->conn == NULL || PQstatus(connection->conn) != CONNECTION_OK;
}

const PGresult *pg_ask(struct pg_connection *connection, const char *sql,
                       const struct pg_params *params)
{
    size_t number = pg_send(connection, sql, params);

    return pg_round(connection) ? pg_result(connection, number) : NULL;
}
