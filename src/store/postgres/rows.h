/* The jobs a transaction works on: loaded together, changed in memory, written together. */
#ifndef JOBD_STORE_POSTGRES_ROWS_H
#define JOBD_STORE_POSTGRES_ROWS_H

#include "base/arena.h"
#include "store/postgres/connection.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define ROWS_BUCKETS 1024

/* A job with its lease, as it was loaded and as it is now. Texts live in the arena of the rows. */
struct pg_held {
    int64_t position;
    bool wanted; /* to be loaded by the next rows_load */
    bool found;
    bool damaged; /* the row cannot be read: `err` says why */
    bool changed; /* the job, since it was loaded */
    struct job job, loaded_job;
    struct lease lease, loaded_lease;
    struct span payload; /* of what rows_want_payload asked for */
    bool wants_payload;
    int64_t piece_begins, piece_length; /* the last piece of its output, where one was asked for */
    struct err err;
    struct pg_held *next_in_bucket, *next; /* in the order they were wanted */
};

struct pg_rows {
    struct arena *arena;
    struct pg_held *buckets[ROWS_BUCKETS];
    struct pg_held *first, *last;
    size_t wanted, payloads; /* how many are */
};

/* The job at a position is to be loaded, if it is not there yet. NULL without memory. */
struct pg_held *rows_want(struct pg_rows *rows, int64_t position);
struct pg_held *rows_want_payload(struct pg_rows *rows, int64_t position);

/*
 * Loads all that is wanted in one round of the connection, which holds nothing else. False: the
 * connection's problem says why.
 */
bool rows_load(struct pg_rows *rows, struct pg_connection *connection);

/* A loaded one; NULL when it was never wanted. `found` may be false. */
struct pg_held *rows_at(const struct pg_rows *rows, int64_t position);

/* Sends the statements that store what differs from what was loaded, in no round of their own. */
void rows_store(struct pg_rows *rows, struct pg_connection *connection);

/* Sends the statement that stores what each report changes, of a job that is new. */
void pg_insert_change(const struct job *job, struct pg_connection *connection);

/* Sends the statement that stores a lease, whether there was one before or not. */
void pg_store_lease(int64_t position, const struct lease *lease, struct pg_connection *connection);

#endif
