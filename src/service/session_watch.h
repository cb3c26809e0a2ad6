/* Session watches: whether the session is still there under which something lasts. */
#ifndef JOBD_SERVICE_SESSION_WATCH_H
#define JOBD_SERVICE_SESSION_WATCH_H

#include "service/service.h"

#include <stdbool.h>

struct session_watch; /* any thread */

/* Of the session of this digest (session_token_digest). NULL without memory. */
struct session_watch *session_watch_new(struct service *service,
                                        const uint8_t token[static DIGEST_SIZE]);

/* What the store is being asked meanwhile is nobody's business any more. NULL is fine. */
void session_watch_free(struct session_watch *watch);

/* Asks the store, unless it is being asked; it may answer before this returns, or later. */
void session_watch_look(struct session_watch *watch);

/*
 * Whether the session was closed: known at once when this daemon did it, and by the last look when
 * another did. Quick.
 */
bool session_watch_is_over(const struct session_watch *watch);

#endif
