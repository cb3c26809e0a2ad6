/* Find, as it pays, or as it would in a store far larger. */
#ifndef JOBD_STORE_POSTGRES_FIND_FIND_H
#define JOBD_STORE_POSTGRES_FIND_FIND_H

#include "store/postgres/connection.h"
#include "store/store.h"

enum find_manner {
    FIND_AS_PAYS,
    FIND_BY_LISTING, /* for tests: whatever its cost, the index says all it knows, and candidates
                        are listed in the order of the query, as few as there can be */
};

enum problem pg_find_in(enum find_manner manner, struct pg_connection *connection,
                        struct store_find *find);

#endif
