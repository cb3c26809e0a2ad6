/* What is due next: looked up by a reader, so that an idle reaper costs the writer nothing. */
#include "store/sqlite/due.h"

#include "store/sqlite/state.h"

/* The position and the time of the first row; INT64_MAX when there is none. */
static bool first_row(struct sqlite_reader *reader, const char *sql, int64_t *ret_position,
                      int64_t *ret_at)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(reader, sql);
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    *ret_position = 0;
    *ret_at = INT64_MAX;
    if (code == SQLITE_ROW) {
        *ret_position = sqlite3_column_int64(statement, 0);
        *ret_at = sqlite3_column_int64(statement, 1);
    }
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* What is due by the wall clock, as it goes now, by the lease clock. */
static int64_t by_lease_clock(int64_t wall_at, struct moment now)
{
    return wall_at != INT64_MAX ? wall_at + now.lease - now.wall : INT64_MAX;
}

bool sqlite_due(struct sqlite_reader *reader, struct moment now, struct due *ret_due)
{
    int64_t none;

    if (!first_row(reader,
                   "SELECT position, expires_at FROM lease INDEXED BY lease_due WHERE held = 1 "
                   "ORDER BY expires_at LIMIT 1",
                   &ret_due->lease_position, &ret_due->lease_at) ||
        !first_row(reader,
                   "SELECT position, run_after FROM job INDEXED BY job_delayed WHERE status = 0 "
                   "AND self_managed = 0 AND run_after IS NOT NULL ORDER BY run_after LIMIT 1",
                   &ret_due->ready_position, &ret_due->ready_at) ||
        !first_row(reader,
                   "SELECT 0, expires_on FROM session INDEXED BY session_expiry "
                   "ORDER BY expires_on LIMIT 1",
                   &none, &ret_due->session_at))
        return false;
    ret_due->ready_at = by_lease_clock(ret_due->ready_at, now);
    ret_due->session_at = by_lease_clock(ret_due->session_at, now);
    return true;
}

static enum problem look(struct sqlite_store *store, struct moment now, struct due *ret_due,
                         struct err *err)
{
    struct sqlite_reader *reader = sqlite_reader_acquire(store, err);
    enum problem problem = PROBLEM_NONE;

    if (reader == NULL)
        return PROBLEM_STORE_UNAVAILABLE;
    if (!sqlite_due(reader, now, ret_due))
        problem = sqlite_problem(reader->db, err);
    sqlite_reader_release(store, reader);
    return problem;
}

void sqlite_reap(struct store *base, struct store_reap *reap)
{
    struct sqlite_store *store = sqlite_store_of(base);
    struct moment now = lease_clock_now(&store->lease_clock);
    struct due due = {0};

    reap->call.err.text[0] = '\0';
    reap->expired = reap->readied = reap->sessions = 0;
    reap->more = false;
    observed_reap_begins(&store->observed);
    reap->call.problem = look(store, now, &due, &reap->call.err);
    if (reap->call.problem == PROBLEM_NONE && due_at(&due) <= now.lease) {
        call_queue_add(&store->writer.queue, &reap->call, WRITE_REAP);
        return;
    }
    if (reap->call.problem == PROBLEM_NONE)
        observed_reap_ends(&store->observed, reap, due_at(&due), now);
    reap->call.done(&reap->call);
}
