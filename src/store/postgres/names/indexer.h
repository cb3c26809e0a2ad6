/* The indexer: writes segments of names, and follows changes, behind the commits. */
#ifndef JOBD_STORE_POSTGRES_NAMES_INDEXER_H
#define JOBD_STORE_POSTGRES_NAMES_INDEXER_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct pg_store;

struct indexer {
    struct pg_store *store;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more;
    size_t created, changed; /* jobs since the last look */
    bool stopping;
};

/*
 * Starts the thread, which first does what was left. Daemons that share a database may all have
 * one: they make the same segments, and the first one of each stays.
 */
bool indexer_start(struct indexer *indexer, struct pg_store *store, struct err *err);
void indexer_stop(struct indexer *indexer);

/* Tells that so many jobs were created and changed, after their commit; any thread. */
void indexer_note(struct indexer *indexer, size_t created, size_t changed);

#endif
