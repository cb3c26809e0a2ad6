/* Following: the changes of jobs that are indexed, in the order of the change feed. */
#ifndef JOBD_STORE_POSTGRES_NAMES_FOLLOW_H
#define JOBD_STORE_POSTGRES_NAMES_FOLLOW_H

#include "store/postgres/connection.h"

/*
 * What is indexed of a job's status and dates is true as of its last change that was followed, or
 * later. A job that has changed since is doubtful: whoever asks looks at it directly.
 */

/* More are not followed at once. */
#define FOLLOW_MAX 1024

/*
 * Follows changes; *ret_count says how many. False: it did not work, and the connection says why if
 * that is not want of memory.
 */
bool name_follow(struct pg_connection *connection, size_t *ret_count);

#endif
