/* A disk that is slow, full, cut off or counted at will: a library to load before the C library. */

/*
 * LD_PRELOAD=build/tests/fault/disk.so, and in the environment
 *
 *   JOBD_FAULT_DIR    a directory with the knobs below; unset: everything passes untouched
 *   JOBD_FAULT_STORE  only files whose real path begins with this are meant; unset: all files
 *
 * The knobs are looked at on every call, so a change holds from the next write or sync on:
 *
 *   full     while it exists, whatever could need room fails with ENOSPC: write, writev, pwrite,
 *            pwritev, fallocate, and ftruncate to a greater size (shrinking never needs room)
 *   cut      while it exists, the device is gone: all of these and every sync fail with EIO
 *   sync_us  a decimal number: each fsync and fdatasync takes so many microseconds longer
 *   syncs    made by this library and mapped into memory: a uint64 in the machine's byte order that
 *            counts the syncs attempted, over all processes that share the directory
 *
 * What is written through a memory mapping is not seen.
 */

/* With it pwrite and pwrite64 would be one symbol; programs call either. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define CACHED_FDS 65536

/* The next definition of a function, after this library's own. */
#define NEXT(function)                                                                             \
    ({                                                                                             \
        static _Atomic(void *) found;                                                              \
        void *next = atomic_load(&found);                                                          \
        if (next == NULL)                                                                          \
            atomic_store(&found, next = dlsym(RTLD_NEXT, #function));                              \
        (__typeof__(&(function)))next;                                                             \
    })

enum kind { KIND_UNKNOWN, KIND_STORE, KIND_OTHER };

static struct {
    pthread_once_t once;
    int dir; /* of the knobs; -1: none, and nothing is meant */
    const char *prefix;
    _Atomic uint64_t *syncs;
    _Atomic unsigned char kinds[CACHED_FDS];
} disk = {.once = PTHREAD_ONCE_INIT, .dir = -1};

static void map_counter(void)
{
    int fd = openat(disk.dir, "syncs", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || NEXT(ftruncate)(fd, sizeof(uint64_t)) != 0)
        return;
    void *at = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    disk.syncs = at == MAP_FAILED ? NULL : at;
    NEXT(close)(fd);
}

static void open_knobs(void)
{
    const char *dir = getenv("JOBD_FAULT_DIR");
    disk.prefix = getenv("JOBD_FAULT_STORE");
    if (dir == NULL)
        return;
    disk.dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (disk.dir >= 0)
        map_counter();
}

static enum kind look_up(int fd)
{
    char link[32], path[PATH_MAX] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof(path) - 1) < 0 || path[0] != '/')
        return KIND_OTHER;
    const char *prefix = disk.prefix != NULL ? disk.prefix : "/";
    return strncmp(path, prefix, strlen(prefix)) == 0 ? KIND_STORE : KIND_OTHER;
}

/* Whether a descriptor is one of the store's files; remembered until it is closed. */
static bool is_meant(int fd)
{
    pthread_once(&disk.once, open_knobs);
    if (disk.dir < 0 || fd < 0)
        return false;
    if (fd >= CACHED_FDS)
        return look_up(fd) == KIND_STORE;
    if (atomic_load(&disk.kinds[fd]) == KIND_UNKNOWN)
        atomic_store(&disk.kinds[fd], look_up(fd));
    return atomic_load(&disk.kinds[fd]) == KIND_STORE;
}

static bool is_set(const char *knob)
{
    int saved = errno;
    bool set = faccessat(disk.dir, knob, F_OK, 0) == 0;
    errno = saved;
    return set;
}

/* The error a call that may need room has to fail with; 0: none. */
static int write_fault(int fd)
{
    if (!is_meant(fd))
        return 0;
    return is_set("cut") ? EIO : is_set("full") ? ENOSPC : 0;
}

static bool grows(int fd, off_t size)
{
    struct stat now;
    return fstat(fd, &now) != 0 || size > now.st_size;
}

static long delay_us(void)
{
    char text[24] = "";
    int saved = errno, fd = openat(disk.dir, "sync_us", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, text, sizeof(text) - 1) < 0)
            text[0] = '\0';
        NEXT(close)(fd);
    }
    errno = saved;
    return strtol(text, NULL, 10);
}

/* Counts a sync and makes it take its time; false when it has to fail. */
static bool before_sync(int fd)
{
    if (!is_meant(fd))
        return true;
    if (disk.syncs != NULL)
        atomic_fetch_add(disk.syncs, 1);
    long us = delay_us();
    if (us > 0)
        nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
    if (!is_set("cut"))
        return true;
    errno = EIO;
    return false;
}

/* `call`, unless a fault stands in its way. */
#define UNLESS_FAULT(fault, call)                                                                  \
    int error = (fault);                                                                           \
    if (error == 0)                                                                                \
        return call;                                                                               \
    errno = error;                                                                                 \
    return -1

EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
    UNLESS_FAULT(write_fault(fd), NEXT(write)(fd, bytes, size));
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    UNLESS_FAULT(write_fault(fd), NEXT(writev)(fd, parts, count));
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    UNLESS_FAULT(write_fault(fd), NEXT(pwrite)(fd, bytes, size, at));
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    UNLESS_FAULT(write_fault(fd), NEXT(pwrite64)(fd, bytes, size, at));
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    UNLESS_FAULT(write_fault(fd), NEXT(pwritev)(fd, parts, count, at));
}

EXPORT int ftruncate(int fd, off_t size)
{
    UNLESS_FAULT(grows(fd, size) ? write_fault(fd) : 0, NEXT(ftruncate)(fd, size));
}

EXPORT int ftruncate64(int fd, off64_t size)
{
    UNLESS_FAULT(grows(fd, size) ? write_fault(fd) : 0, NEXT(ftruncate64)(fd, size));
}

EXPORT int fallocate(int fd, int mode, off_t from, off_t size)
{
    UNLESS_FAULT(write_fault(fd), NEXT(fallocate)(fd, mode, from, size));
}

EXPORT int fallocate64(int fd, int mode, off64_t from, off64_t size)
{
    UNLESS_FAULT(write_fault(fd), NEXT(fallocate64)(fd, mode, from, size));
}

/* These two give the error back instead of setting errno. */
EXPORT int posix_fallocate(int fd, off_t from, off_t size)
{
    int error = write_fault(fd);
    return error != 0 ? error : NEXT(posix_fallocate)(fd, from, size);
}

EXPORT int posix_fallocate64(int fd, off64_t from, off64_t size)
{
    int error = write_fault(fd);
    return error != 0 ? error : NEXT(posix_fallocate64)(fd, from, size);
}

EXPORT int fsync(int fd)
{
    return before_sync(fd) ? NEXT(fsync)(fd) : -1;
}

EXPORT int fdatasync(int fd)
{
    return before_sync(fd) ? NEXT(fdatasync)(fd) : -1;
}

EXPORT int close(int fd)
{
    if (fd >= 0 && fd < CACHED_FDS)
        atomic_store(&disk.kinds[fd], KIND_UNKNOWN);
    return NEXT(close)(fd);
}
