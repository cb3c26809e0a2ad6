/* What is due next: the lease, the delay and the session that are over first. */
#ifndef JOBD_STORE_SQLITE_DUE_H
#define JOBD_STORE_SQLITE_DUE_H

#include "store/sqlite/sqlite.h"

#include <stdbool.h>
#include <stdint.h>

/* Times by the lease clock; INT64_MAX where there is none. */
struct due {
    int64_t lease_at, lease_position;
    int64_t ready_at, ready_position;
    int64_t session_at;
};

/* A step in an index each. False on an error of the connection. */
bool sqlite_due(struct sqlite_reader *reader, struct moment now, struct due *ret_due);

/* The earliest of all. */
static inline int64_t due_at(const struct due *due)
{
    int64_t at = due->lease_at < due->ready_at ? due->lease_at : due->ready_at;

    return at < due->session_at ? at : due->session_at;
}

/*
 * store_ops.reap: looks at once, on the caller's thread, and asks the writer only when there is
 * something to do.
 */
void sqlite_reap(struct store *store, struct store_reap *reap);

#endif
