/* A command as a child process: its pipes, its group, its environment, and how it ended. */
#ifndef JOBD_JOBCTL_CHILD_H
#define JOBD_JOBCTL_CHILD_H

#include "base/arena.h"
#include "base/err.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* How to start it. Borrowed until child_start returns. */
struct child_plan {
    char **argv;
    const char *const *environment; /* "NAME=value", beside ours and before it; ends with NULL;
                                       NULL: nothing */
    int progress_number; /* from child_reserve; the command finds it in $JOBD_FD */
    int in; /* its standard input; -1: ours */
    bool capture_out, capture_err; /* that output comes to us */
    bool to_stderr; /* its standard output goes where our standard error goes */
    bool alone; /* descriptors above progress_number are ours alone */
    int terminal; /* a terminal it is to be the foreground group of; -1: none */
    int announce_fd; /* its id is written there (a pid_t) before it becomes the command; -1: none */
    const sigset_t *mask; /* the signals it finds blocked */
    bool pipe_ignored; /* it finds SIGPIPE ignored */
};

/* Descriptors are ours, do not block, and are -1 where there is none. */
struct child {
    pid_t pid; /* also of its process group */
    int progress; /* what it writes to $JOBD_FD */
    int out, err; /* its output, when captured */
    int exec_error; /* errno, when it could not be executed: then there is no process */
    bool ended;
    int wait_status; /* once it has ended */
};

/*
 * The lowest number there is for a descriptor, kept for the commands' $JOBD_FD: some shells can
 * only redirect to those of one digit. -1 when there is none.
 */
int child_reserve(void);

/*
 * Starts the command in a process group of its own. Any thread, in a program with others, in which
 * all signals that have a handler are blocked meanwhile. False when no process can be made at all.
 */
bool child_start(struct child *child, const struct child_plan *plan, struct err *err);

/* 0, or what keeps a command of this name from being executed: an errno. */
int child_look_for(const char *name);

/* Signals the command's group, if it has not ended. */
void child_kill(const struct child *child, int signal);

/* Closes what is open. */
void child_close(struct child *child);

#endif
