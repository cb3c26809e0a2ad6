/* Cutting the write-ahead log back to its last commit, by the documented layout of the WAL index. */
#include "store/sqlite/wal.h"

#include <stdint.h>
#include <string.h>

/* https://sqlite.org/walformat.html: offsets in the index's header, sizes in the log's file. */
#define INDEX_REGION 32768
#define INDEX_PAGE_SIZE_AT 14
#define INDEX_FRAMES_AT 16
#define LOG_HEADER 32
#define FRAME_HEADER 24

/* How long the log is up to its last commit; the write lock is held, so that it stays so. */
static bool valid_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    void volatile *index = NULL;
    unsigned char header[INDEX_FRAMES_AT + sizeof(uint32_t)];
    uint32_t frames;
    uint16_t page_size;

    if (file->pMethods->iVersion < 2 ||
        file->pMethods->xShmMap(file, 0, INDEX_REGION, 0, &index) != SQLITE_OK || index == NULL)
        return false;
    for (size_t i = 0; i < sizeof(header); i++)
        header[i] = ((volatile unsigned char *)index)[i];
    memcpy(&page_size, header + INDEX_PAGE_SIZE_AT, sizeof(page_size));
    memcpy(&frames, header + INDEX_FRAMES_AT, sizeof(frames));
    *ret_size = 0;
    if (frames > 0)
        *ret_size =
            LOG_HEADER + (sqlite3_int64)frames * (FRAME_HEADER + (page_size == 1 ? 65536 : page_size));
    return true;
}

static bool cut(sqlite3 *db)
{
    sqlite3_file *file = NULL, *log = NULL;
    sqlite3_int64 valid, size;

    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (file == NULL || log == NULL || file->pMethods == NULL || log->pMethods == NULL ||
        !valid_size(file, &valid) || log->pMethods->xFileSize(log, &size) != SQLITE_OK)
        return false;
    if (size <= valid)
        return true;
    if (log->pMethods->xTruncate(log, valid) != SQLITE_OK)
        return false;
    /* Without this a power cut may bring the tail back; a disk that does not sync leaves no choice. */
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
