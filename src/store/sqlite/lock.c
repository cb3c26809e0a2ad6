/* The daemon's lock: on an open file beside the database, with the holder's pid in it. */
#include "store/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pid is for people only; whether the lock is held, the kernel knows. 0: unreadable. */
static long read_pid(int fd)
{
    char text[24] = "";

    if (pread(fd, text, sizeof(text) - 1, 0) < 0)
        return 0;
    return strtol(text, NULL, 10);
}

/* On a full disk the pid may be missing, which is no reason to stop. */
static void write_pid(int fd)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        return;
}

static bool held(const char *path, int fd, struct err *err)
{
    long pid = read_pid(fd);

    if (pid > 0)
        return err_set(err, "Another jobd (process %ld) uses the store %s.", pid, path);
    return err_set(err, "Another jobd uses the store %s.", path);
}

static bool take(const char *path, int fd, struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return true;
    if (errno == EAGAIN || errno == EACCES)
        return held(path, fd, err);
    return err_set(err, "The store %s cannot be locked: %s.", path, strerror(errno));
}

bool sqlite_lock(const char *path, int *ret_fd, struct err *err)
{
    char name[PATH_MAX];
    int fd;

    if (snprintf(name, sizeof(name), "%s-lock", path) >= (int)sizeof(name))
        return err_set(err, "The path of the store is too long.");
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, "The lock %s cannot be opened: %s.", name, strerror(errno));
    if (!take(path, fd, err)) {
        close(fd);
        return false;
    }
    write_pid(fd);
    *ret_fd = fd;
    return true;
}

void sqlite_unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}
