/* Holds a race of libmicrohttpd open: a library to load before the C library. */

/*
 * LD_PRELOAD=build/tests/fault/quiesce.so, and in the environment JOBD_FAULT_DIR, a directory.
 *
 * Before the main thread takes a listening socket out of an epoll set it sleeps HOLD_MS, so that
 * the thread whose set it is comes first. When it is not there any more then, a file `raced` is
 * made.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define HOLD_MS 200

typedef long system_call(long number, ...);

static bool is_listening(int fd)
{
    int saved = errno, listening = 0;
    socklen_t size = sizeof(listening);

    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
    errno = saved;
    return listening != 0;
}

static void note_race(void)
{
    const char *dir = getenv("JOBD_FAULT_DIR");
    int saved = errno, at = open(dir != NULL ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(at, "raced", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

    close(fd);
    close(at);
    errno = saved;
}

/* jobd has an epoll_ctl of its own, and calls this. */
EXPORT long syscall(long number, ...)
{
    system_call *next = (system_call *)dlsym(RTLD_NEXT, "syscall");
    long values[6], result;
    bool meant;
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        values[i] = va_arg(list, long);
    va_end(list);
    meant = number == SYS_epoll_ctl && values[1] == EPOLL_CTL_DEL && gettid() == getpid() &&
            is_listening((int)values[2]);
    if (meant)
        nanosleep(&(struct timespec){.tv_nsec = HOLD_MS * 1000000L}, NULL);
    result = next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
    if (meant && result < 0 && errno == ENOENT)
        note_race();
    return result;
}

EXPORT int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    return (int)syscall(SYS_epoll_ctl, (long)set, (long)operation, (long)fd, event);
}
