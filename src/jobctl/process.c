/* A command in the foreground: it gets our signals and our terminal. */
#include "jobctl/process.h"

#include "base/scope.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int ending_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/*
 * What was ignored when we came (nohup, a shell's background job) stays so, for us and for the
 * command.
 */
static bool hold_signals(struct process *process, struct child_plan *plan, sigset_t *ret_mask)
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
    plan->pipe_ignored = is_ignored(SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &blocked, ret_mask);
    plan->mask = ret_mask;
    process->signals = signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
    return process->signals >= 0;
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

bool process_start(struct process *process, struct child_plan *plan, struct err *err)
{
    sigset_t mask;
    *process = (struct process){.signals = -1};
    process->terminal = tcgetpgrp(STDIN_FILENO) >= 0 ? STDIN_FILENO : -1;
    plan->in = plan->announce_fd = -1;
    plan->progress_number = child_reserve();
    if (plan->progress_number < 0 || !hold_signals(process, plan, &mask))
        return err_set(err, "cannot start a process: %s", strerror(errno));
    plan->terminal = terminal_to_take(process);
    if (!child_start(&process->child, plan, err))
        return false;
    process->foreground = plan->terminal >= 0;
    close(plan->progress_number);
    return true;
}

static bool is_ours(const struct process *process)
{
    return process->terminal >= 0 && tcgetpgrp(process->terminal) == getpgrp();
}

static void give_terminal(struct process *process)
{
    if (!process->child.ended && is_ours(process) &&
        tcsetpgrp(process->terminal, process->child.pid) == 0)
        process->foreground = true;
}

static void take_terminal(struct process *process)
{
    if (process->terminal >= 0 && tcgetpgrp(process->terminal) == process->child.pid)
        tcsetpgrp(process->terminal, getpgrp());
}

static void go_on(struct process *process)
{
    give_terminal(process);
    if (!process->child.ended)
        kill(-process->child.pid, SIGCONT);
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
    while (!process->child.ended &&
           waitpid(process->child.pid, &status, WNOHANG | WUNTRACED) == process->child.pid) {
        if (WIFSTOPPED(status)) {
            follow_stop(process, WSTOPSIG(status));
        } else {
            process->child.ended = true;
            process->child.wait_status = status;
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
            if (process->stopped_by == 0 && !process->child.ended)
                process->stopped_by = signal;
            child_kill(&process->child, signal);
            count++;
        }
    }
    return count;
}

void process_finish(struct process *process)
{
    take_terminal(process);
    child_close(&process->child);
}
