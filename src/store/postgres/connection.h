/* A connection to PostgreSQL: statements travel in rounds, a round trip for all of them. */
#ifndef JOBD_STORE_POSTGRES_CONNECTION_H
#define JOBD_STORE_POSTGRES_CONNECTION_H

#include "base/err.h"
#include "model/problem.h"
#include "store/postgres/params.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More different statements than a connection keeps prepared at a time. */
#define PG_PREPARED_MAX 256

/*
 * One thread at a time. A round is what is sent between two calls of pg_round: the statements
 * travel together and are answered together. The first thing that goes wrong is remembered until
 * the round is cleared, and nothing of what follows it in the round was done; so it is enough to
 * look at the end.
 */
struct pg_connection {
    PGconn *conn; /* NULL: not connected */
    struct pg_prepared {
        char *sql; /* NULL: free */
        uint64_t hash;
        uint64_t used; /* the use that was its last */
        unsigned name;
        bool settled; /* the server has it for certain */
    } prepared[PG_PREPARED_MAX];
    unsigned names;
    uint64_t uses;
    /* The current round. */
    struct pg_sent {
        bool wanted; /* a statement's answer, not that of preparing one */
        PGresult *result;
    } * sent;
    size_t sent_count, sent_room;
    size_t statements; /* how many of them are wanted */
    enum problem problem;
    struct err err;
};

/* A bare connection; NULL with a sentence that has no password. PQfinish it. */
PGconn *pg_open(const char *url, struct err *err);

/*
 * Connects as the URL says, under jobd's own settings where it says nothing (each option of the
 * server's by itself): a schema `jobd`, a server that takes writes, time limits. STORE_UNAVAILABLE
 * with a sentence that has no password.
 */
enum problem pg_connect(struct pg_connection *connection, const char *url, struct err *err);

/* Harmless on one that is not connected. */
void pg_disconnect(struct pg_connection *connection);

/*
 * Adds a statement to the round and returns its number in it. It is prepared when it comes for the
 * first time, so its text depends on its shape, never on a value, and the types of its parameters
 * are the same each time. `params` may be NULL and are not needed any more afterwards.
 */
size_t pg_send(struct pg_connection *connection, const char *sql, const struct pg_params *params);

/*
 * Sends what is left of the round and waits for all answers. False: connection->problem and err say
 * what was the first to go wrong. What this side could not send, for want of memory, takes the
 * connection with it, for nothing of the round is to be done then.
 */
bool pg_round(struct pg_connection *connection);

/* The answer to a statement of the round, until it is cleared. Only after a good pg_round. */
const PGresult *pg_result(const struct pg_connection *connection, size_t number);

/* Ends the round: forgets its answers and what went wrong. */
void pg_clear(struct pg_connection *connection);

/* Whether it is of no more use: closed, or on a server that takes no writes any more. */
bool pg_is_broken(const struct pg_connection *connection);

/* One statement in a round of its own: its answer until pg_clear, NULL when it went wrong. */
const PGresult *pg_ask(struct pg_connection *connection, const char *sql,
                       const struct pg_params *params);

#endif
