/* A JSON Web Key Set from a file or an https address, fetched behind the requests and kept fresh. */
#ifndef JOBD_AUTH_JWKS_H
#define JOBD_AUTH_JWKS_H

#include "base/clock.h"
#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>

struct jwks; /* any thread */

/*
 * `source` is a path or an https URL. A file must be readable now (false otherwise) and is read again when it changes; a URL may be
 * down: it is tried again with growing pauses, and refreshed regularly. Starts a thread.
 */
bool jwks_open(const char *source, const struct clock *clock, struct jwks **ret_jwks, struct err *err);
void jwks_close(struct jwks *jwks);

/*
 * Calls `visit` with the JSON text of the set as it is now (NULL span before the first success), under a lock. `generation` grows with each
 * change, so that a parsed set can be kept.
 */
unsigned jwks_generation(struct jwks *jwks);
struct span jwks_copy(struct jwks *jwks); /* NUL-terminated, owned by the caller (mem_free) */

/* A token named a key that is not in the set: look again soon, at most once in a few seconds. Does not block. */
void jwks_hurry(struct jwks *jwks);

#endif
