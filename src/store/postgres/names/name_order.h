/* Name orders: the jobs of a segment by name, in runs. */
#ifndef JOBD_STORE_POSTGRES_NAMES_NAME_ORDER_H
#define JOBD_STORE_POSTGRES_NAMES_NAME_ORDER_H

#include "store/postgres/connection.h"

#include <stdint.h>

/* So many jobs of a segment, one behind the other by name key and newest first, are a run: its row
 * mostly fits into a page. */
#define NAME_ORDER_RUN 384
#define NAME_ORDER_RUN_TEXT "384"

/*
 * Adds to the connection's round what writes the runs of the segment that begins at a position;
 * where there is no such segment, or it has runs, it does nothing.
 */
void name_order_send(struct pg_connection *connection, int64_t segment);

#endif
