/* The write-ahead log and its index, by their documented layout. */
#include "store/sqlite/wal.h"

#include <stdint.h>
#include <string.h>

/* https://sqlite.org/walformat.html: offsets in the index's header, sizes in the log's file. */
#define INDEX_REGION 32768
#define INDEX_PAGE_SIZE_AT 14
#define INDEX_FRAMES_AT 16
#define LOG_HEADER 32
#define FRAME_HEADER 24

/* The first region of the WAL index; NULL when it is not mapped. */
static const volatile unsigned char *map_index(sqlite3_file *file)
{
    volatile void *index = NULL;

    if (file == NULL || file->pMethods == NULL || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmMap(file, 0, INDEX_REGION, 0, &index) != SQLITE_OK)
        return NULL;
    return index;
}

static sqlite3_file *file_of(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;

    sqlite3_file_control(db, "main", which, &file);
    return file;
}

/*
 * Others write there meanwhile, by way of the same memory; whoever must see a commit has been told
 * of it after it was written, by means that order memory.
 */
__attribute__((no_sanitize("thread"))) void wal_header_read(sqlite3 *db,
                                                            const volatile unsigned char **index,
                                                            struct wal_header *ret_header)
{
    ret_header->valid = false;
    if (*index == NULL)
        *index = map_index(file_of(db, SQLITE_FCNTL_FILE_POINTER));
    if (*index == NULL)
        return;
    for (size_t i = 0; i < WAL_HEADER_SIZE / sizeof(uint64_t); i++) {
        uint64_t word = ((const volatile uint64_t *)*index)[i];
        memcpy(ret_header->bytes + i * sizeof(word), &word, sizeof(word));
    }
    ret_header->valid = true;
}

/* How long the log is up to its last commit; the write lock is held, so that it stays so. */
static bool valid_size(sqlite3 *db, sqlite3_int64 *ret_size)
{
    const volatile unsigned char *index = NULL;
    struct wal_header header;
    uint32_t frames;
    uint16_t page_size;

    wal_header_read(db, &index, &header);
    if (!header.valid)
        return false;
    memcpy(&page_size, header.bytes + INDEX_PAGE_SIZE_AT, sizeof(page_size));
    memcpy(&frames, header.bytes + INDEX_FRAMES_AT, sizeof(frames));
    *ret_size = 0;
    if (frames > 0)
        *ret_size = LOG_HEADER +
                    (sqlite3_int64)frames * (FRAME_HEADER + (page_size == 1 ? 65536 : page_size));
    return true;
}

static bool cut(sqlite3 *db)
{
    sqlite3_file *log = file_of(db, SQLITE_FCNTL_JOURNAL_POINTER);
    sqlite3_int64 valid, size;

    if (log == NULL || log->pMethods == NULL || !valid_size(db, &valid) ||
        log->pMethods->xFileSize(log, &size) != SQLITE_OK)
        return false;
    if (size <= valid)
        return true;
    if (log->pMethods->xTruncate(log, valid) != SQLITE_OK)
        return false;
    /* Without this a power cut may bring the tail back; a disk that does not sync leaves no choice.
     */
    log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    return true;
}

bool wal_drop_tail(sqlite3 *db)
{
    bool done;

    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return false;
    done = cut(db);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return done;
}
