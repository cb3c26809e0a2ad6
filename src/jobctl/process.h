/* A command in the foreground: it gets our signals and our terminal. */
#ifndef JOBD_JOBCTL_PROCESS_H
#define JOBD_JOBCTL_PROCESS_H

#include "base/err.h"
#include "jobctl/child.h"

#include <stdbool.h>

struct process {
    struct child child;
    int signals; /* a signalfd: what jobctl gets, as long as somebody would act on it */
    int terminal; /* the terminal both live on; -1: none */
    int stopped_by; /* the first signal that was passed on; 0: none */
    bool foreground;
};

/*
 * Starts the command, which becomes the terminal's foreground group where ours was and standard
 * input is the terminal. Of the plan argv and what becomes of the output are the caller's. Must be
 * called before there are threads; those started later inherit that all signals read from `signals`
 * are blocked. False when no process can be made at all.
 */
bool process_start(struct process *process, struct child_plan *plan, struct err *err);

/*
 * Acts on the signals that have come: passes on what should end the command, follows it when it is
 * stopped and continued, learns of its end. Returns how many of them should end the command.
 */
int process_on_signals(struct process *process);

/* Gives the terminal back and closes what is open. */
void process_finish(struct process *process);

#endif
