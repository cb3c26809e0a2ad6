/* Writing where there is room: it is waited for first, and no other thread takes it meanwhile. */
#include "jobctl/room.h"

#include "base/clock.h"
#include "base/scope.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

/* How long one waits behind a thread that may be hanging. */
#define TURN_MS 20

static bool await_room(int fd, int64_t ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    return poll(&poll_fd, 1, ms > 0 ? (int)ms : 0) > 0;
}

static bool take_turn(pthread_mutex_t *turn)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TURN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_mutex_clocklock(turn, CLOCK_MONOTONIC, &until) == 0;
}

/*
 * Another thread may have filled it since it was found writable: none may between the two. Where
 * another process did, the thread hangs by itself, and nobody who writes to another descriptor.
 */
ssize_t room_write(int fd, const char *bytes, size_t size)
{
    static pthread_mutex_t turns[] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                      PTHREAD_MUTEX_INITIALIZER};
    pthread_mutex_t *turn = &turns[(size_t)fd % ARRAY_SIZE(turns)];
    ssize_t written = -1;
    bool taken = take_turn(turn);
    errno = EAGAIN;
    if (taken && await_room(fd, 0))
        written = write(fd, bytes, size);
    if (taken)
        pthread_mutex_unlock(turn);
    return written;
}

static int64_t now_ms(void)
{
    return clock_mono_ns(&clock_system) / 1000000;
}

bool room_write_line(int fd, struct span line, int patience_ms)
{
    int64_t until = now_ms() + patience_ms, left;
    while (line.len > 0 && (left = until - now_ms()) > 0) {
        await_room(fd, left);
        ssize_t written = room_write(fd, line.ptr, line.len < PIPE_BUF ? line.len : PIPE_BUF);
        if (written >= 0)
            line = span_skip(line, (size_t)written);
        else if (errno != EAGAIN && errno != EINTR)
            return false;
    }
    if (line.len > 0)
        errno = ETIMEDOUT;
    return line.len == 0;
}
