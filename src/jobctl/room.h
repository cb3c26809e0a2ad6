/* Writing where there is room: nobody hangs on a reader that has stopped to read. */
#ifndef JOBD_JOBCTL_ROOM_H
#define JOBD_JOBCTL_ROOM_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Like write, but -1 with EAGAIN where nothing is taken now, also when several threads of this
 * process write to one descriptor by this function. It can hang only where another process fills
 * the same pipe at that moment, or a terminal has room for less. A pipe that has room takes
 * PIPE_BUF bytes, no more.
 */
ssize_t room_write(int fd, const char *bytes, size_t size);

/*
 * A line; to a pipe in one piece, up to PIPE_BUF bytes. False with errno: ETIMEDOUT when it was not
 * taken for `patience_ms` milliseconds, or why it cannot be written at all. Any thread.
 */
bool room_write_line(int fd, struct span line, int patience_ms);

#endif
