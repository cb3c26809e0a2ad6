/* The log's file: a layer over SQLite's own that gathers writes which follow one another. */
#include "store/sqlite/log_file.h"

#include "base/mem.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define NAME "jobd"

/* More is written in pieces of this size: SQLite's own files take less than 128 KiB at a time. */
#define ROOM ((size_t)127 << 10)

struct log_file {
    sqlite3_file base;
    bool gathering;
    char *bytes; /* ROOM of them, from the first gathering on */
    size_t len;
    sqlite3_int64 at; /* where they belong */
    sqlite3_int64 below[]; /* SQLite's own file, as aligned as SQLite promises */
};

static sqlite3_vfs *system_vfs, vfs;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct log_file *log_file_of(sqlite3_file *file)
{
    return (struct log_file *)file;
}

static sqlite3_file *below(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)log_file_of(file)->below;
}

/* What cannot be written is forgotten: SQLite gives the transaction up. */
static int flush(sqlite3_file *file)
{
    struct log_file *log = log_file_of(file);
    size_t len = log->len;

    log->len = 0;
    return len == 0 ? SQLITE_OK
                    : below(file)->pMethods->xWrite(below(file), log->bytes, (int)len, log->at);
}

static int write_bytes(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    struct log_file *log = log_file_of(file);
    size_t len = (size_t)size;

    if (log->len > 0 && (at != log->at + (sqlite3_int64)log->len || len > ROOM - log->len)) {
        int code = flush(file);
        if (code != SQLITE_OK)
            return code;
    }
    if (!log->gathering || len > ROOM)
        return below(file)->pMethods->xWrite(below(file), bytes, size, at);
    if (log->len == 0)
        log->at = at;
    memcpy(log->bytes + log->len, bytes, len);
    log->len += len;
    return SQLITE_OK;
}

static int read_bytes(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    int code = flush(file);

    return code != SQLITE_OK ? code : below(file)->pMethods->xRead(below(file), bytes, size, at);
}

static int truncate_to(sqlite3_file *file, sqlite3_int64 size)
{
    int code = flush(file);

    return code != SQLITE_OK ? code : below(file)->pMethods->xTruncate(below(file), size);
}

static int sync_all(sqlite3_file *file, int flags)
{
    int code = flush(file);

    return code != SQLITE_OK ? code : below(file)->pMethods->xSync(below(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    int code = flush(file);

    return code != SQLITE_OK ? code : below(file)->pMethods->xFileSize(below(file), ret_size);
}

static int close_file(sqlite3_file *file)
{
    mem_free(log_file_of(file)->bytes);
    return below(file)->pMethods->xClose(below(file));
}

static int lock(sqlite3_file *file, int level)
{
    return below(file)->pMethods->xLock(below(file), level);
}

static int unlock(sqlite3_file *file, int level)
{
    return below(file)->pMethods->xUnlock(below(file), level);
}

static int check_reserved(sqlite3_file *file, int *ret_reserved)
{
    return below(file)->pMethods->xCheckReservedLock(below(file), ret_reserved);
}

static int control(sqlite3_file *file, int operation, void *argument)
{
    return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

static int sector_size(sqlite3_file *file)
{
    return below(file)->pMethods->xSectorSize(below(file));
}

static int characteristics(sqlite3_file *file)
{
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

/* SQLite asks a log for no more than the first version has: its shared memory is the database's. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_bytes,
    .xWrite = write_bytes,
    .xTruncate = truncate_to,
    .xSync = sync_all,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
};

/* NOLINTNEXTLINE(readability-function-size): the library's signature. */
static int open_any(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct log_file *log = log_file_of(file);
    int code;

    (void)self;
    if ((flags & SQLITE_OPEN_WAL) == 0)
        return system_vfs->xOpen(system_vfs, name, file, flags, ret_flags);
    *log = (struct log_file){0};
    code = system_vfs->xOpen(system_vfs, name, below(file), flags, ret_flags);
    log->base.pMethods = below(file)->pMethods != NULL ? &methods : NULL;
    return code;
}

static void register_vfs(void)
{
    system_vfs = sqlite3_vfs_find(NULL);
    if (system_vfs == NULL)
        return;
    vfs = *system_vfs;
    vfs.pNext = NULL;
    vfs.zName = NAME;
    vfs.szOsFile = (int)offsetof(struct log_file, below) + system_vfs->szOsFile;
    vfs.xOpen = open_any;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        system_vfs = NULL;
}

const char *log_file_vfs(void)
{
    pthread_once(&once, register_vfs);
    return system_vfs != NULL ? NAME : NULL;
}

void log_file_gather(sqlite3 *db, bool on)
{
    sqlite3_file *file = NULL;
    struct log_file *log;

    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (file == NULL || file->pMethods != &methods)
        return;
    log = log_file_of(file);
    if (on && log->bytes == NULL)
        log->bytes = mem_alloc(ROOM, 1);
    log->gathering = on && log->bytes != NULL;
    log->len = 0;
}
