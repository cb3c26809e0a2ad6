/* The statement of one way to answer a find: its text depends on shapes, never on a value. */
#ifndef JOBD_STORE_POSTGRES_FIND_SQL_H
#define JOBD_STORE_POSTGRES_FIND_SQL_H

#include "store/postgres/find/way.h"
#include "store/postgres/row.h"

/* What find_sql's rows have behind PG_JOB_COLUMNS. */
enum find_column {
    FIND_RANK =
        PG_JOB_COLUMN_COUNT, /* of the job among those read, from 1; NULL in a row without a job */
    FIND_VERDICT, /* enum find_verdict */
    FIND_SEEN, /* how many were read, where all are */
};

enum find_verdict {
    FIND_BUDGET_ENDS, /* the last one of the budget, which does not match */
    FIND_MATCHES,
    FIND_MATCHES_LONG, /* and its name is longer than what names are ordered by */
};

/*
 * Writes the statement that reads at most `budget` candidates the way says and yields, in order,
 * those that match, one more than the page has at most. Without a test the budget does not count.
 * The parameters live in the search's arena. `sql` has failed without memory.
 */
void find_sql(const struct find_search *search, const struct find_way *way, int64_t budget,
              struct buf *sql, struct pg_params *params);

#endif
