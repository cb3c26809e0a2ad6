/* The statement that exports records, for every engine that speaks SQL. */
#ifndef JOBD_STORE_RECORD_SELECT_H
#define JOBD_STORE_RECORD_SELECT_H

#include "base/buf.h"
#include "store/store.h"

/* How an engine says it. Borrowed. */
struct record_select {
    const char *table; /* what the records are read from */
    char mark; /* parameters are it and a number: ?1 */
    void (*add_column)(struct buf *sql, const struct record_column *column);
};

/* Appends the statement; its parameters are the values of the key of export->after, if any. */
void record_select(const struct record_select *select, const struct store_export *export,
                   struct buf *sql);

#endif
