/* Prepared statements of one connection, kept by their text, the latest used ones. */
#ifndef JOBD_STORE_SQLITE_STATEMENTS_H
#define JOBD_STORE_SQLITE_STATEMENTS_H

#include <sqlite3.h>
#include <stdint.h>

#define STATEMENTS_MAX 64
/* Of all statements together, as SQLite counts it. */
#define STATEMENTS_BYTES_MAX (1024 * 1024)

struct statements {
    struct statement {
        sqlite3_stmt *handle; /* NULL: free */
        uint64_t hash;
        uint64_t used; /* when, by `tick` */
        int bytes;
    } entries[STATEMENTS_MAX];
    uint64_t tick;
    int64_t bytes;
};

/*
 * The statement of this text, prepared when it is not there, rewound and without values. NULL on
 * an error of the connection. The least lately used one that is not running makes room.
 */
sqlite3_stmt *statements_get(struct statements *statements, sqlite3 *db, const char *sql);

/* Finalizes all. */
void statements_release(struct statements *statements);

#endif
