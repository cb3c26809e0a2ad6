/* The keeper: a process that ends a worker's commands when the worker itself was killed. */
#ifndef JOBD_JOBCTL_KEEPER_H
#define JOBD_JOBCTL_KEEPER_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * It waits at the other end of a pipe, which ends with the worker, whatever ends that. Then all
 * groups it knows of get SIGTERM, and SIGKILL after the grace; and the directory of the worker's
 * temporary files is removed. So a job that goes to another worker is no longer worked on here.
 */
struct keeper {
    pid_t pid;
    int fd; /* what is announced there (struct child_plan) is kept in mind */
};

/* To be called before there are threads. `directory` holds files only. */
bool keeper_start(struct keeper *keeper, const char *directory, int64_t grace_ms, struct err *err);

/* A command that has ended, before it is waited for: so its number is not another's yet. */
void keeper_forget(const struct keeper *keeper, pid_t pid);

/* Ends the keeper. */
void keeper_stop(struct keeper *keeper);

#endif
