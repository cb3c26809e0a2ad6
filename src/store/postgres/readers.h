/* Readers: threads with a connection each, that answer what does not change anything. */
#ifndef JOBD_STORE_POSTGRES_READERS_H
#define JOBD_STORE_POSTGRES_READERS_H

#include "base/err.h"
#include "store/call_queue.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pg_store;

/* As many reads are under way at once; the database has that many connections of ours more. */
#define READERS 4

/* What a call that reads is; kept in store_call.operation. */
enum read_operation {
    READ_GET, /* struct store_get */
    READ_FIND, /* struct store_find */
    READ_DETAIL, /* struct store_detail */
    READ_OUTPUT, /* struct store_output */
    READ_SESSION, /* struct store_session_get */
    READ_SESSIONS, /* struct store_sessions */
    READ_CHANGES, /* struct store_changes */
    READ_SUMMARY, /* struct store_summary */
    READ_STATISTICS, /* struct store_statistics */
    READ_STALLED, /* struct store_stalled */
    READ_ACCOUNTS, /* struct store_accounts */
    READ_EXPORT, /* struct store_export */
    READ_VERSION, /* struct read_version */
};

/* The accounts' change number. */
struct read_version {
    struct store_call call;
    int64_t version;
};

/*
 * Of those that are idle, the one that was busy last is woken: its connection has prepared what is
 * asked most, and the server has planned it.
 */
struct reader {
    struct readers *readers;
    pthread_t thread;
    pthread_cond_t wake;
    bool idle;
    struct reader *next_idle;
};

struct readers {
    struct pg_store *store;
    struct reader list[READERS];
    size_t count; /* threads that run */
    pthread_mutex_t lock; /* of what follows, and of the readers */
    struct call_list waiting;
    struct reader *idle; /* the one that was busy last comes first */
    bool closing;
};

/* Starts the threads; each connects when it has something to ask. */
bool readers_start(struct readers *readers, struct pg_store *store, struct err *err);

/* Answers what is queued and ends the threads. */
void readers_stop(struct readers *readers);

/* Queues a call; any thread. */
void readers_add(struct readers *readers, struct store_call *call, enum read_operation operation);

#endif
