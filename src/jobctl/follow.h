/* A command followed to its end: its output passed on, its progress read, its time limited. */
#ifndef JOBD_JOBCTL_FOLLOW_H
#define JOBD_JOBCTL_FOLLOW_H

#include "jobctl/child.h"
#include "jobctl/progress.h"
#include "jobctl/pump.h"

#include <stdbool.h>
#include <stdint.h>

/* Whom the command concerns. All are called by follow_to_end, on its thread. */
struct follower {
    void *context;
    void (*progress)(void *context, const struct progress *progress);
    /* Of what is captured; NULL: nobody cares. */
    void (*output)(void *context, struct span bytes);
    /*
     * `fate` was readable: finds out whether the child has ended. True: somebody is impatient, and
     * once the child has ended nothing more is waited for.
     */
    bool (*look)(void *context);
};

struct stream {
    struct follow *follow;
    struct lines lines;
    struct pump pump;
};

/* The upper members are the caller's, the others private; `kill_at` may be read. */
struct follow {
    struct child *child;
    struct follower follower;
    const regex_t *pattern; /* reads progress from the output; NULL: none */
    int out; /* where the captured standard output goes */
    int fate; /* a descriptor that is readable when the child may have ended */
    int unwanted; /* one that is readable once the command is to end; not read */
    int64_t grace_ms; /* the time between SIGTERM and SIGKILL then */
    bool aside; /* passing output on is a courtesy: that nobody takes it neither ends the command,
                   nor is waited for once the command is to end, or would be if it had not */

    bool pursued; /* the command is to end */
    int64_t kill_at; /* monotonic ns; 0: it did not get SIGTERM */
    bool killed;
    bool impatient; /* what is not through yet is given up */
    bool hurried; /* and so it is soon */
    int64_t linger_until; /* monotonic ns; 0: the command has not ended */
    struct stream streams[3]; /* $JOBD_FD, standard output, standard error */
};

/* Returns when the command has ended and what it wrote is through, or given up; the child's
 * descriptors are closed then. */
void follow_to_end(struct follow *follow);

#endif
