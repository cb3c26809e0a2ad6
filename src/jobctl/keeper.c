/* The keeper: a process that ends a worker's commands when the worker itself was killed. */
#include "jobctl/keeper.h"

#include "base/buf.h"
#include "base/scope.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GROUPS_MAX 1024
#define LOOK_MS 50

struct groups {
    pid_t pids[GROUPS_MAX];
    size_t count;
};

static void drop(struct groups *groups, size_t index)
{
    groups->pids[index] = groups->pids[--groups->count];
}

/* A number is a group's; a negative one says that it has ended. */
static void note(struct groups *groups, pid_t pid)
{
    if (pid > 0 && groups->count < GROUPS_MAX)
        groups->pids[groups->count++] = pid;
    for (size_t i = 0; pid < 0 && i < groups->count; i++)
        if (groups->pids[i] == -pid)
            drop(groups, i--);
}

static void listen_to_end(int fd, struct groups *groups)
{
    pid_t pid;
    ssize_t len;
    while ((len = read(fd, &pid, sizeof(pid))) != 0)
        if (len == sizeof(pid))
            note(groups, pid);
        else if (errno != EINTR)
            return;
}

/* A group that has gone is forgotten: some time later its number may be another's. */
static void signal_all(struct groups *groups, int signal)
{
    for (size_t i = groups->count; i-- > 0;)
        if (kill(-groups->pids[i], signal) < 0 && errno == ESRCH)
            drop(groups, i);
        else if (signal == SIGTERM)
            kill(-groups->pids[i], SIGCONT); /* who is stopped would never see it */
}

static void end_all(struct groups *groups, int64_t grace_ms)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
    signal_all(groups, SIGTERM);
    for (int64_t waited = 0; waited < grace_ms && groups->count > 0; waited += LOOK_MS) {
        nanosleep(&pause, NULL);
        signal_all(groups, 0);
    }
    signal_all(groups, SIGKILL);
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(path);
}

/* Nothing of the worker's is kept open, and no signal meant for it is heard. */
static void stand_apart(int fd)
{
    int null = open("/dev/null", O_RDWR);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid();
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        dup2(null, standard);
    dup2(fd, STDERR_FILENO + 1);
    close_range(STDERR_FILENO + 2, UINT_MAX, 0);
}

static _Noreturn void keep(int fd, const char *directory, int64_t grace_ms)
{
    static struct groups groups;
    stand_apart(fd);
    listen_to_end(STDERR_FILENO + 1, &groups);
    end_all(&groups, grace_ms);
    remove_directory(directory);
    _exit(0);
}

bool keeper_start(struct keeper *keeper, const char *directory, int64_t grace_ms, struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return err_set(err, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[1]);
        keep(fds[0], directory, grace_ms);
    }
    close(fds[0]);
    if (pid < 0) {
        close(fds[1]);
        return err_set(err, "cannot start a process: %s", strerror(errno));
    }
    *keeper = (struct keeper){pid, fds[1]};
    return true;
}

void keeper_forget(const struct keeper *keeper, pid_t pid)
{
    pid_t ended = -pid;
    if (write(keeper->fd, &ended, sizeof(ended)) < 0)
        return; /* it is gone: then nobody needs to know */
}

void keeper_stop(struct keeper *keeper)
{
    close(keeper->fd);
    waitpid(keeper->pid, NULL, 0);
}
