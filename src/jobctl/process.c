/* The wrapped command as a process: started, watched, signalled, given the terminal. */
#include "jobctl/process.h"

#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int ending_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

/* Both ends of all pipes, and what the child must find as it was. */
struct setup {
    const struct process_plan *plan;
    int progress[2], out[2], err[2], exec[2];
    int terminal; /* to be taken by the child; -1: not */
    sigset_t mask; /* as it was before */
    bool pipe_ignored;
};

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/*
 * What was ignored when we came (nohup, a shell's background job) stays so, for us and for the
 * command.
 */
static bool hold_signals(struct process *process, struct setup *setup)
{
    sigset_t handled, blocked;
    sigemptyset(&handled);
    sigaddset(&handled, SIGCHLD);
    sigaddset(&handled, SIGCONT);
    for (size_t i = 0; i < ARRAY_SIZE(ending_signals); i++)
        if (!is_ignored(ending_signals[i]))
            sigaddset(&handled, ending_signals[i]);
    blocked = handled;
    sigaddset(&blocked, SIGTTOU); /* or the terminal could not be taken back */
    signal(SIGCHLD, SIG_DFL);
    setup->pipe_ignored = is_ignored(SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &blocked, &setup->mask);
    process->signals = signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
    return process->signals >= 0;
}

static void set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/*
 * The first of all descriptors opened, so that its number is the lowest: some shells can only
 * redirect to those of one digit.
 */
static bool open_progress(int fds[2])
{
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (lowest < 0 || pipe2(fds, O_CLOEXEC) < 0)
        return false;
    if (dup3(fds[1], lowest, O_CLOEXEC) < 0)
        return false;
    close(fds[1]);
    fds[1] = lowest;
    return true;
}

static bool open_pipes(struct setup *setup)
{
    if (!open_progress(setup->progress) || pipe2(setup->exec, O_CLOEXEC) < 0)
        return false;
    return !setup->plan->capture ||
           (pipe2(setup->out, O_CLOEXEC) == 0 && pipe2(setup->err, O_CLOEXEC) == 0);
}

static bool is_pipe(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISFIFO(stat.st_mode);
}

/*
 * In a pipeline the others of our group may need the terminal more (a pager); the command gets it
 * when it asks for it.
 */
static int terminal_to_take(const struct process *process)
{
    if (process->terminal < 0 || is_pipe(STDOUT_FILENO) ||
        tcgetpgrp(process->terminal) != getpgrp())
        return -1;
    return process->terminal;
}

static void give_progress(const struct setup *setup)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", setup->progress[1]);
    setenv("JOBD_FD", number, 1);
    fcntl(setup->progress[1], F_SETFD, 0);
}

static void redirect(const struct setup *setup)
{
    if (setup->plan->capture) {
        dup2(setup->out[1], STDOUT_FILENO);
        dup2(setup->err[1], STDERR_FILENO);
    } else if (setup->plan->to_stderr) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
    }
}

static _Noreturn void become_command(const struct setup *setup)
{
    setpgid(0, 0);
    if (setup->terminal >= 0)
        tcsetpgrp(setup->terminal, getpid());
    give_progress(setup);
    redirect(setup);
    if (!setup->pipe_ignored)
        signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &setup->mask, NULL);
    execvp(setup->plan->argv[0], setup->plan->argv);
    int error = errno;
    if (write(setup->exec[1], &error, sizeof(error)) < 0)
        _exit(126);
    _exit(127);
}

static void close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The pipe closes by itself when the command is there; otherwise it brings errno. */
static void await_exec(struct process *process, struct setup *setup)
{
    int error = 0;
    close_at(&setup->exec[1]);
    if (read(setup->exec[0], &error, sizeof(error)) == sizeof(error)) {
        process->exec_error = error;
        process->ended = true;
        waitpid(process->pid, &process->wait_status, 0);
    }
    close_at(&setup->exec[0]);
}

static void keep_ours(struct process *process, struct setup *setup)
{
    process->progress = setup->progress[0];
    process->out = setup->out[0];
    process->err = setup->err[0];
    set_nonblocking(process->progress);
    if (setup->plan->capture) {
        set_nonblocking(process->out);
        set_nonblocking(process->err);
    }
    close_at(&setup->progress[1]);
    close_at(&setup->out[1]);
    close_at(&setup->err[1]);
}

static bool launch(struct process *process, struct setup *setup)
{
    setup->terminal = terminal_to_take(process);
    process->pid = fork();
    if (process->pid < 0)
        return false;
    if (process->pid == 0)
        become_command(setup);
    setpgid(process->pid, process->pid);
    if (setup->terminal >= 0)
        tcsetpgrp(setup->terminal, process->pid);
    process->foreground = setup->terminal >= 0;
    keep_ours(process, setup);
    await_exec(process, setup);
    return true;
}

bool process_start(struct process *process, const struct process_plan *plan, struct err *err)
{
    struct setup setup = {
        .plan = plan, .progress = {-1, -1}, .out = {-1, -1}, .err = {-1, -1}, .exec = {-1, -1}};
    *process = (struct process){.progress = -1, .out = -1, .err = -1, .signals = -1};
    process->terminal = tcgetpgrp(STDIN_FILENO) >= 0 ? STDIN_FILENO : -1;
    return (open_pipes(&setup) && hold_signals(process, &setup) && launch(process, &setup)) ||
           err_set(err, "cannot start a process: %s", strerror(errno));
}

void process_kill(const struct process *process, int signal)
{
    if (process->ended)
        return;
    kill(-process->pid, signal);
    kill(-process->pid, SIGCONT); /* who is stopped would never see it */
}

static bool is_ours(const struct process *process)
{
    return process->terminal >= 0 && tcgetpgrp(process->terminal) == getpgrp();
}

static void give_terminal(struct process *process)
{
    if (!process->ended && is_ours(process) && tcsetpgrp(process->terminal, process->pid) == 0)
        process->foreground = true;
}

static void take_terminal(struct process *process)
{
    if (process->terminal >= 0 && tcgetpgrp(process->terminal) == process->pid)
        tcsetpgrp(process->terminal, getpgrp());
}

static void go_on(struct process *process)
{
    give_terminal(process);
    if (!process->ended)
        kill(-process->pid, SIGCONT);
}

static bool continues(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGCONT) == 1;
}

/*
 * A command stopped from the keyboard: we stop with it, so that the shell gets its prompt. Where no
 * shell would continue us (SIGTSTP does nothing then), neither must the command stay stopped.
 */
static void follow_stop(struct process *process, int signal)
{
    if (process->terminal < 0)
        return;
    if ((signal == SIGTTIN || signal == SIGTTOU) && is_ours(process)) {
        go_on(process);
        return;
    }
    take_terminal(process);
    kill(0, SIGTSTP);
    if (!continues())
        go_on(process);
}

/* Several ends of waiting may have become one signal. */
static void look_at_child(struct process *process)
{
    int status;
    while (!process->ended && waitpid(process->pid, &status, WNOHANG | WUNTRACED) == process->pid) {
        if (WIFSTOPPED(status)) {
            follow_stop(process, WSTOPSIG(status));
        } else {
            process->ended = true;
            process->wait_status = status;
        }
    }
}

int process_on_signals(struct process *process)
{
    struct signalfd_siginfo info;
    int count = 0;
    while (read(process->signals, &info, sizeof(info)) == sizeof(info)) {
        int signal = (int)info.ssi_signo;
        if (signal == SIGCHLD) {
            look_at_child(process);
        } else if (signal == SIGCONT) {
            go_on(process);
        } else {
            if (process->stopped_by == 0 && !process->ended)
                process->stopped_by = signal;
            process_kill(process, signal);
            count++;
        }
    }
    return count;
}

void process_finish(struct process *process)
{
    take_terminal(process);
    close_at(&process->progress);
    close_at(&process->out);
    close_at(&process->err);
}
