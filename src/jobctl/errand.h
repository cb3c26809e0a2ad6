/* An errand: a job that a worker has in hand, and the command that runs for it. */
#ifndef JOBD_JOBCTL_ERRAND_H
#define JOBD_JOBCTL_ERRAND_H

#include "jobctl/command.h"
#include "jobctl/keeper.h"
#include "jobctl/progress.h"

#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* What all errands of a worker share. The first four are the caller's. */
struct errands {
    const struct call *call; /* its operands are the command */
    const regex_t *pattern; /* reads progress from the output; NULL: none */
    int64_t grace_ms;
    bool keeps_log; /* what commands write goes to the jobs' output too */
    char directory[256]; /* of payloads, for us alone */
    struct keeper keeper;
    int progress_number; /* see child_reserve */
    int null_fd; /* the commands' standard input */
    sigset_t mask; /* the signals commands find blocked */
    bool pipe_ignored;
};

/* To be called before there are threads. */
bool errands_open(struct errands *errands, struct err *err);
void errands_close(struct errands *errands);

/* Runs the command for a job; `errands` is a struct errands. For jobd_worker_options. */
enum jobd_outcome errand_run(struct jobd_run *run, void *errands);

#endif
