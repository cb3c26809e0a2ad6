/* Notes the signals that are sent to process groups: a library to load before the C library. */

/*
 * LD_PRELOAD=build/tests/fault/kills.so, and in the environment JOBD_FAULT_DIR, a directory. A line
 * of the file `kills` is a group, a signal, and 0 or the errno that sending it gave.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static void note(pid_t group, int signal, int error)
{
    const char *dir = getenv("JOBD_FAULT_DIR");
    int at = open(dir != NULL ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(at, "kills", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);

    dprintf(fd, "%d %d %d\n", (int)group, signal, error);
    close(fd);
    close(at);
}

EXPORT int kill(pid_t pid, int signal)
{
    int (*next)(pid_t, int) = (int (*)(pid_t, int))dlsym(RTLD_NEXT, "kill");
    int result = next(pid, signal), error = result < 0 ? errno : 0;

    if (pid < -1)
        note(-pid, signal, error);
    errno = error;
    return result;
}
