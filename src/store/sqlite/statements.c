/* Prepared statements by their text: a small table, searched by hash, the least used thrown out. */
#include "store/sqlite/statements.h"

#include <string.h>

/* So many of the latest ones may be in the hands of those who asked for them. */
#define IN_USE 16

/* FNV-1a over whole words of the text where there are any: find's texts take kilobytes. */
static uint64_t hash_of(const char *sql, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ len, word;

    for (; len >= sizeof(word); len -= sizeof(word), sql += sizeof(word)) {
        memcpy(&word, sql, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
        hash ^= hash >> 32;
    }
    for (; len > 0; len--, sql++)
        hash = (hash ^ (unsigned char)*sql) * UINT64_C(0x100000001b3);
    return hash;
}

static void drop(struct statements *statements, struct statement *entry)
{
    sqlite3_finalize(entry->handle);
    statements->bytes -= entry->bytes;
    *entry = (struct statement){0};
}

/* The least lately used one that can go; NULL when all are running. */
static struct statement *oldest(struct statements *statements)
{
    struct statement *found = NULL;

    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct statement *entry = &statements->entries[i];
        if (entry->handle == NULL || sqlite3_stmt_busy(entry->handle))
            continue;
        if (found == NULL || entry->used < found->used)
            found = entry;
    }
    return found;
}

/* A free entry, made if need be. */
static struct statement *room(struct statements *statements)
{
    struct statement *entry;

    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        if (statements->entries[i].handle == NULL)
            return &statements->entries[i];
    }
    entry = oldest(statements);
    if (entry != NULL)
        drop(statements, entry);
    return entry;
}

/* Within the bound of memory, but for those that are in use. */
static void shrink(struct statements *statements)
{
    while (statements->bytes > STATEMENTS_BYTES_MAX) {
        struct statement *entry = oldest(statements);
        if (entry == NULL || entry->used + IN_USE > statements->tick)
            return;
        drop(statements, entry);
    }
}

static sqlite3_stmt *prepare(struct statements *statements, sqlite3 *db, struct statement *entry,
                             const char *sql)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &entry->handle, NULL) !=
        SQLITE_OK)
        return NULL;
    entry->bytes = sqlite3_stmt_status(entry->handle, SQLITE_STMTSTATUS_MEMUSED, 0);
    statements->bytes += entry->bytes;
    shrink(statements);
    return entry->handle;
}

sqlite3_stmt *statements_get(struct statements *statements, sqlite3 *db, const char *sql)
{
    uint64_t hash = hash_of(sql, strlen(sql));
    struct statement *entry;

    statements->tick++;
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        entry = &statements->entries[i];
        if (entry->hash == hash && entry->handle != NULL &&
            strcmp(sqlite3_sql(entry->handle), sql) == 0) {
            entry->used = statements->tick;
            return entry->handle;
        }
    }
    entry = room(statements);
    if (entry == NULL)
        return NULL;
    entry->hash = hash;
    entry->used = statements->tick;
    return prepare(statements, db, entry, sql);
}

void statements_release(struct statements *statements)
{
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        drop(statements, &statements->entries[i]);
}
