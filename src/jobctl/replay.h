/* What the spool holds for a server, delivered one file at a time. */
#ifndef JOBD_JOBCTL_REPLAY_H
#define JOBD_JOBCTL_REPLAY_H

#include "base/arena.h"
#include "jobctl/command.h"
#include "jobctl/spool.h"

#include <stdbool.h>

/* All members are private. */
struct replay {
    const struct call *call; /* complaints are made in its name */
    struct jobd_client *client;
    struct arena arena;
    const char *directory;
    struct spool_names names;
    size_t at;
};

/* Looks what there is. The client must outlive the replay. */
void replay_open(struct replay *replay, const struct call *call, struct jobd_client *client);
void replay_close(struct replay *replay);

/*
 * Delivers the next file; one that cannot be delivered now stays, one that never can be is dropped
 * with a complaint. False when there is no more to be done now.
 */
bool replay_next(struct replay *replay);

/* Failures after which the same report may be taken later: also those of credentials. */
bool replay_is_later(const struct jobd_error *error);

#endif
