/* The session watch: who goes on under a session learns when the store has it no more. */
#ifndef JOBD_SERVICE_SESSION_WATCH_H
#define JOBD_SERVICE_SESSION_WATCH_H

#include "model/digest.h"
#include "service/timer.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Any daemon may close a session. Once a second the store is asked which of those in use are still
 * there, many in one look; those who go on under them never wait for it. While the store does not
 * answer nobody's session is over.
 */
struct session_watch; /* any thread */

/* One who goes on under a session; the owner's memory from joining to leaving. */
struct session_user {
    uint8_t token[DIGEST_SIZE]; /* session_token_digest; the owner's */
    _Atomic bool closed; /* from now on the session is none any more */
    unsigned round; /* private: when it was last asked for */
    struct session_user *previous, *next; /* private */
};

/* Both are borrowed. Dies without memory. */
void session_watch_start(struct store *store, struct timer *timer,
                         struct session_watch **ret_watch);

/* Before the timer and the store; everybody must have left. NULL is fine. */
void session_watch_stop(struct session_watch *watch);

void session_watch_join(struct session_watch *watch, struct session_user *user);
void session_watch_leave(struct session_watch *watch, struct session_user *user);

/* This daemon closed the session of this digest: its users need not wait for the next look. */
void session_watch_closed(struct session_watch *watch, const uint8_t token[static DIGEST_SIZE]);

#endif
