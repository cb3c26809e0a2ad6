/* A command as a child process: its pipes, its group, its environment, and how it ended. */
#include "jobctl/child.h"

#include "base/mem.h"
#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENVIRONMENT_CEILING (8u << 20)

/* Both ends of all pipes, and the environment: after the fork nothing may be allocated. */
struct setup {
    const struct child_plan *plan;
    int progress[2], out[2], err[2], exec[2];
    char **environment;
};

int child_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_both(int fds[2])
{
    close_at(&fds[0]);
    close_at(&fds[1]);
}

static void close_setup(struct setup *setup)
{
    close_both(setup->progress);
    close_both(setup->out);
    close_both(setup->err);
    close_both(setup->exec);
}

static bool open_pipes(struct setup *setup)
{
    const struct child_plan *plan = setup->plan;
    return pipe2(setup->progress, O_CLOEXEC) == 0 && pipe2(setup->exec, O_CLOEXEC) == 0 &&
           (!plan->capture_out || pipe2(setup->out, O_CLOEXEC) == 0) &&
           (!plan->capture_err || pipe2(setup->err, O_CLOEXEC) == 0);
}

static bool has_same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");
    return strncmp(a, b, len) == 0 && b[len] == '=';
}

/* The first of a name counts: later ones are left out. */
static void add_variable(char **list, size_t *count, char *variable)
{
    for (size_t i = 0; i < *count; i++)
        if (has_same_name(list[i], variable))
            return;
    list[(*count)++] = variable;
}

static bool build_environment(struct arena *arena, struct setup *setup)
{
    const char *const *more = setup->plan->environment;
    char *progress = arena_printf(arena, "JOBD_FD=%d", setup->plan->progress_number);
    size_t size = 2, count = 0;
    for (size_t i = 0; environ[i] != NULL; i++)
        size++;
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        size++;
    char **list = ARENA_ARRAY(arena, char *, size);
    if (list == NULL || progress == NULL)
        return false;
    add_variable(list, &count, progress);
    for (; more != NULL && *more != NULL; more++) {
        char *copy = arena_strdup(arena, *more);
        if (copy == NULL)
            return false;
        add_variable(list, &count, copy);
    }
    for (size_t i = 0; environ[i] != NULL; i++)
        add_variable(list, &count, environ[i]);
    setup->environment = list;
    return true;
}

/* From here to the command's own code only what is safe among other threads. */
static void redirect(const struct setup *setup)
{
    const struct child_plan *plan = setup->plan;
    if (plan->in >= 0)
        dup2(plan->in, STDIN_FILENO);
    if (plan->capture_out)
        dup2(setup->out[1], STDOUT_FILENO);
    else if (plan->to_stderr)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    if (plan->capture_err)
        dup2(setup->err[1], STDERR_FILENO);
    dup2(setup->progress[1], plan->progress_number);
    if (plan->alone)
        close_range((unsigned)plan->progress_number + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
}

/*
 * No handler of ours may run in what is about to become the command. What it would have handled so
 * far was for our own group; what comes from now on is for the command's, and ends it.
 */
static void forget_handlers(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN}, standard = {.sa_handler = SIG_DFL};
    struct sigaction ours;
    for (int signal = 1; signal < NSIG; signal++) {
        if (sigaction(signal, NULL, &ours) < 0 || ours.sa_handler == SIG_IGN ||
            ours.sa_handler == SIG_DFL)
            continue;
        sigaction(signal, &ignore, NULL); /* forgets what has come */
        sigaction(signal, &standard, NULL);
    }
}

static void announce(const struct child_plan *plan)
{
    pid_t pid = getpid();
    if (plan->announce_fd >= 0 && write(plan->announce_fd, &pid, sizeof(pid)) < 0)
        return; /* whoever listened is gone */
}

static _Noreturn void become_command(const struct setup *setup)
{
    const struct child_plan *plan = setup->plan;
    setpgid(0, 0);
    forget_handlers();
    if (plan->terminal >= 0)
        tcsetpgrp(plan->terminal, getpid());
    announce(plan);
    redirect(setup);
    if (!plan->pipe_ignored)
        signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, plan->mask, NULL);
    execvpe(plan->argv[0], plan->argv, setup->environment);
    int error = errno;
    if (write(setup->exec[1], &error, sizeof(error)) < 0)
        _exit(126);
    _exit(127);
}

/* The pipe closes by itself when the command is there; otherwise it brings errno. */
static void await_exec(struct child *child, struct setup *setup)
{
    int error = 0;
    close_at(&setup->exec[1]);
    if (read(setup->exec[0], &error, sizeof(error)) != sizeof(error))
        return;
    child->exec_error = error;
    child->ended = true;
    waitpid(child->pid, &child->wait_status, 0);
}

static int take_end(int *fd)
{
    int taken = *fd;
    *fd = -1;
    if (taken >= 0)
        fcntl(taken, F_SETFL, fcntl(taken, F_GETFL) | O_NONBLOCK);
    return taken;
}

static bool launch(struct child *child, struct setup *setup)
{
    child->pid = fork();
    if (child->pid < 0)
        return false;
    if (child->pid == 0)
        become_command(setup);
    setpgid(child->pid, child->pid);
    if (setup->plan->terminal >= 0)
        tcsetpgrp(setup->plan->terminal, child->pid);
    child->progress = take_end(&setup->progress[0]);
    child->out = take_end(&setup->out[0]);
    child->err = take_end(&setup->err[0]);
    await_exec(child, setup);
    return true;
}

bool child_start(struct child *child, const struct child_plan *plan, struct err *err)
{
    AUTO(close_setup)
    struct setup setup = {
        .plan = plan, .progress = {-1, -1}, .out = {-1, -1}, .err = {-1, -1}, .exec = {-1, -1}};
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, ENVIRONMENT_CEILING);
    *child = (struct child){.progress = -1, .out = -1, .err = -1};
    if (!build_environment(&arena, &setup))
        return err_set(err, "cannot start a process: no memory");
    return (open_pipes(&setup) && launch(child, &setup)) ||
           err_set(err, "cannot start a process: %s", strerror(errno));
}

/* So may be a directory, to the kernel. */
static bool is_executable(const char *path)
{
    struct stat stat_of;
    if (access(path, X_OK) < 0 || stat(path, &stat_of) < 0)
        return false;
    errno = EACCES;
    return !S_ISDIR(stat_of.st_mode);
}

int child_look_for(const char *name)
{
    const char *at = getenv("PATH");
    char path[PATH_MAX];
    if (strchr(name, '/') != NULL)
        return is_executable(name) ? 0 : errno;
    for (at = at != NULL ? at : "/bin:/usr/bin"; *at != '\0'; at += *at == ':') {
        int len = (int)strcspn(at, ":");
        snprintf(path, sizeof(path), "%.*s/%s", len, len > 0 ? at : ".", name);
        if (is_executable(path))
            return 0;
        at += len;
    }
    return ENOENT;
}

void child_kill(const struct child *child, int signal)
{
    if (child->ended)
        return;
    kill(-child->pid, signal);
    kill(-child->pid, SIGCONT); /* who is stopped would never see it */
}

void child_close(struct child *child)
{
    close_at(&child->progress);
    close_at(&child->out);
    close_at(&child->err);
}
