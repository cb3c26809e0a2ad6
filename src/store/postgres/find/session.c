/* The planner's settings, once a connection. */
#include "store/postgres/find/session.h"

/*
 * A statement of find is planned once, without its values, and each is written so that one plan is
 * good for all of them: its ORDER BY and LIMIT name an index and how far it is read. The planner
 * does not know how early a limit ends it and would now and then rather scan and sort. Pages cost
 * nothing, so that what counts is how many rows an index leads to.
 */
enum problem find_session(struct pg_connection *connection, struct err *err)
{
    const PGresult *result =
        pg_ask(connection,
               "SELECT set_config(name, value, false) FROM (VALUES "
               "('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'), "
               "('enable_sort', 'off'), ('enable_hashjoin', 'off'), "
               "('enable_mergejoin', 'off'), ('max_parallel_workers_per_gather', '0'), "
               "('random_page_cost', '0'), ('seq_page_cost', '0')) AS s (name, value)",
               NULL);
    enum problem problem = result != NULL ? PROBLEM_NONE : connection->problem;

    if (result == NULL)
        *err = connection->err;
    pg_clear(connection);
    return problem;
}
