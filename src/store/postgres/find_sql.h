/* The statement of a find: its text depends on the shape of the query, never on a value. */
#ifndef JOBD_STORE_POSTGRES_FIND_SQL_H
#define JOBD_STORE_POSTGRES_FIND_SQL_H

#include "base/buf.h"
#include "base/scope.h"
#include "store/postgres/params.h"
#include "store/store.h"

/* Where a page begins: behind this. */
struct find_place {
    struct span text; /* of the orders by name and type */
    struct cursor numbers;
};

/*
 * Writes the statement that yields PG_JOB_COLUMNS of one job more than the page has, in order, and
 * its parameters, some of which live in find->arena. `place` is NULL for the first page. `sql` has
 * failed without memory.
 */
void find_sql(const struct store_find *find, const struct find_place *place, struct buf *sql,
              struct pg_params *params);

#endif
