/* The lock that keeps a second daemon off a database file. */
#ifndef JOBD_STORE_SQLITE_LOCK_H
#define JOBD_STORE_SQLITE_LOCK_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Locks `PATH-lock` (made when it is missing, 0600) until sqlite_unlock or the end of the process,
 * however it ends. False with a sentence that names the database and the process that holds it.
 */
bool sqlite_lock(const char *path, int *ret_fd, struct err *err);

/* Also fine with -1. */
void sqlite_unlock(int fd);

#endif
