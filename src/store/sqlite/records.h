/* Records in SQL: what SQLite calls their tables and columns. */
#ifndef JOBD_STORE_SQLITE_RECORDS_H
#define JOBD_STORE_SQLITE_RECORDS_H

#include "store/record.h"

/* The table's own name of a column. */
static inline const char *records_column(const struct record_column *column)
{
    return strcmp(column->name, "begins") == 0 ? "offset" : column->name;
}

#endif
