/* The limits of the process: how many files, and so connections, it may have open. */
#include "daemon/limits.h"

#include "base/log.h"

#include <sys/resource.h>

/* What is open beside connections: the store's files, one set a reader, sockets, epoll's. */
#define RESERVE 64

unsigned limits_connections(unsigned wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return wanted;
    struct rlimit raised = {.rlim_cur = files.rlim_max, .rlim_max = files.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        files = raised;
    if (files.rlim_cur == RLIM_INFINITY || (rlim_t)wanted + RESERVE <= files.rlim_cur)
        return wanted;
    unsigned room = files.rlim_cur > RESERVE ? (unsigned)(files.rlim_cur - RESERVE) : 1;
    log_event(LOG_WARN, "fewer connections than wanted: the limit of open files is too low",
              LOG_F_INT("max_connections", wanted), LOG_F_INT("connections", room),
              LOG_F_INT("files", (int64_t)files.rlim_cur));
    return room;
}
