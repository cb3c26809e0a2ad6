/* Migrations: brings the schema up to date, one daemon at a time. */
#ifndef JOBD_STORE_POSTGRES_MIGRATE_H
#define JOBD_STORE_POSTGRES_MIGRATE_H

#include "base/err.h"

#include <libpq-fe.h>
#include <stdbool.h>

/*
 * Creates the schema where there is none, and applies the scripts it lacks in one transaction,
 * under a lock that other daemons wait for. Refuses a schema that is newer than this program, and a
 * database that would lose what was acknowledged or has no Unicode.
 */
bool pg_migrate(PGconn *conn, struct err *err);

#endif
