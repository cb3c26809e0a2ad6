/* Reads: what each call that changes nothing asks the database. */
#ifndef JOBD_STORE_POSTGRES_READ_H
#define JOBD_STORE_POSTGRES_READ_H

#include "store/postgres/connection.h"
#include "store/postgres/readers.h"

/* Fills the outputs of a call by its operation, or its err, and returns its problem. */
enum problem pg_read(struct pg_connection *connection, struct pg_store *store,
                     struct store_call *call);

/* What went wrong with the round, told to a call. */
enum problem pg_failed(const struct pg_connection *connection, struct err *err);

/* Those with files of their own: changes.c, export.c, find.c, output.c, overview.c, session.c,
 * statistics.c. */
enum problem pg_read_changes(struct pg_connection *connection, struct store_changes *changes);
enum problem pg_read_export(struct pg_connection *connection, struct store_export *export);
enum problem pg_find(struct pg_connection *connection, struct store_find *find);
enum problem pg_read_summary(struct pg_connection *connection, struct store_summary *operation);
enum problem pg_read_output(struct pg_connection *connection, struct store_output *read);
enum problem pg_read_session(struct pg_connection *connection, struct pg_store *store,
                             struct store_session_get *get);
enum problem pg_read_sessions(struct pg_connection *connection, struct pg_store *store,
                              struct store_sessions *sessions);
enum problem pg_read_statistics(struct pg_connection *connection,
                                struct store_statistics *operation);
enum problem pg_read_stalled(struct pg_connection *connection, struct store_stalled *stalled);

#endif
