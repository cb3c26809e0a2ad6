/* How a wrapped command ended: for the server, and for our own exit. */
#ifndef JOBD_JOBCTL_ENDING_H
#define JOBD_JOBCTL_ENDING_H

#include <stdbool.h>
#include <stdint.h>

struct ending {
    const char *state, *result; /* as reports name them */
    char message[320]; /* empty: the job keeps its last one */
    int64_t when; /* milliseconds since 1970 */
    int exit_status; /* jobctl's own */
};

/*
 * From what wait gave. `stopped_by` is the signal jobctl got and passed on, or 0; `foreground` says
 * that the command had the terminal, so that an interrupt came from its user.
 */
struct ending ending_of(int wait_status, int stopped_by, bool foreground);

/* The command could not be executed, for this errno. */
struct ending ending_not_executed(const char *command, int error);

#endif
