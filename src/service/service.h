/* What the use cases share: the store, the users, the clock, who waits for what, who signed in. */
#ifndef JOBD_SERVICE_SERVICE_H
#define JOBD_SERVICE_SERVICE_H

#include "auth/users.h"
#include "store/store.h"

struct feed;
struct leases;
struct outage;
struct sessions;
struct session_watch;
struct watch;

/* Filled once by the daemon; everything is borrowed, and all of it may be used by any thread. */
struct service {
    struct store *store;
    struct users *users;
    const struct clock *clock;
    struct leases *leases;
    struct outage *outage;
    struct watch *watch;
    struct sessions *sessions;
    struct session_watch *session_watch;
    struct feed *feed;
    int64_t stalled_after_ms; /* a held job without progress for so long is stalled */
};

#endif
