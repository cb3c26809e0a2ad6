/* Batches: calls that share a transaction, and what becomes of them when it fails. */
#ifndef JOBD_STORE_SQLITE_WRITE_BATCH_H
#define JOBD_STORE_SQLITE_WRITE_BATCH_H

#include "store/sqlite/write/writer.h"

#include <stdbool.h>

/* A transaction ends after so many calls or so much time; at least one call is in it. */
#define BATCH_CALLS_MAX 1024
#define BATCH_NS_MAX (20 * 1000 * 1000)

/*
 * Runs waiting calls in one transaction, commits, and answers them all; there is at least one. The
 * writer's thread.
 */
void batch_run(struct writer *writer);

/* Reads the last position and change number given; false on an error of the connection. */
bool batch_load_counters(struct writer *writer);

#endif
