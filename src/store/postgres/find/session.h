/* How finds want the planner: it follows the statements, which say which index is read how far. */
#ifndef JOBD_STORE_POSTGRES_FIND_SESSION_H
#define JOBD_STORE_POSTGRES_FIND_SESSION_H

#include "store/postgres/connection.h"

/* Sets a connection up, in a round of its own. */
enum problem find_session(struct pg_connection *connection, struct err *err);

#endif
