/* The PostgreSQL store as a whole. */
#ifndef JOBD_STORE_POSTGRES_STATE_H
#define JOBD_STORE_POSTGRES_STATE_H

#include "store/news.h"
#include "store/postgres/listener.h"
#include "store/postgres/names/indexer.h"
#include "store/postgres/reach.h"
#include "store/postgres/readers.h"
#include "store/postgres/shared_clock.h"
#include "store/postgres/write/writer.h"
#include "store/store.h"

#define PG_CHANNEL_SIZE 32

struct pg_store {
    struct store store;
    char *url;
    char channel[PG_CHANNEL_SIZE]; /* of notifications: one for each schema */
    struct uuid id; /* this daemon's, for as long as it runs */
    struct shared_clock clock;
    struct observed observed;
    struct reach reach;
    struct readers readers;
    struct pg_writer writer;
    PGconn *guard; /* has the store for itself alone; NULL: it has not */
    bool daemon; /* the two that only a daemon has: */
    struct listener listener;
    struct indexer indexer;
};

static inline struct pg_store *pg_store_of(struct store *store)
{
    return (struct pg_store *)store;
}

#endif
