/* Patience: a server that answered once may restart, and is waited for, for a minute. */
#ifndef JOBD_JOBCTL_PATIENCE_H
#define JOBD_JOBCTL_PATIENCE_H

#include "jobctl/command.h"

#include <stdbool.h>
#include <stdint.h>

/* Start from {0}. */
struct patience {
    bool answered; /* the server did, at some time; one that never did is more likely a mistake */
    int64_t away_since; /* monotonic milliseconds; 0: it answers */
};

/* The server has answered. */
void patience_renew(struct patience *patience);

/* Whether to try again after this failure; says at the first that it does. */
bool patience_bears(struct patience *patience, const struct call *call,
                    const struct jobd_error *error);

#endif
