/* The wrapped command as a process: started, watched, signalled, given the terminal. */
#ifndef JOBD_JOBCTL_PROCESS_H
#define JOBD_JOBCTL_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct process_plan {
    char **argv;
    bool capture; /* its output comes to us */
    bool to_stderr; /* its standard output goes where our standard error goes */
};

/* Descriptors are ours, do not block, and are -1 where there is none. */
struct process {
    pid_t pid; /* also of its process group */
    int progress; /* what it writes to $JOBD_FD */
    int out, err; /* its output, when captured */
    int signals; /* a signalfd: what jobctl gets, as long as somebody would act on it */
    int exec_error; /* errno, when it could not be executed: then there is no process */
    int terminal; /* the terminal both live on; -1: none */
    int stopped_by; /* the first signal that was passed on; 0: none */
    bool ended, foreground;
    int wait_status; /* once it has ended */
};

/*
 * Starts the command in a process group of its own, which becomes the terminal's foreground group
 * where ours was and standard input is the terminal. Must be called before there are threads; those
 * started later inherit that all signals read from `signals` are blocked. False when no process can
 * be made at all.
 */
bool process_start(struct process *process, const struct process_plan *plan, struct err *err);

/*
 * Acts on the signals that have come: passes on what should end the command, follows it when it is
 * stopped and continued, learns of its end. Returns how many of them should end the command.
 */
int process_on_signals(struct process *process);

/* Signals the command's group, if it is still there. */
void process_kill(const struct process *process, int signal);

/* Gives the terminal back and closes what is open. */
void process_finish(struct process *process);

#endif
