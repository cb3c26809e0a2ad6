/* A JSON Web Key Set from a file or an https address, read behind the requests and kept fresh. */
#ifndef JOBD_AUTH_JWKS_H
#define JOBD_AUTH_JWKS_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>

struct jwks; /* any thread */

/* Whether the source is a path or an https URL; nothing is read. */
bool jwks_source_check(const char *source, struct err *err);

/*
 * `source` is a path or an https URL. A file must be readable now (false otherwise) and is read
 * again when it changes. A URL may be down: it is tried again after growing pauses, and fetched
 * anew every five minutes. What cannot be read leaves the set as it was. Starts a thread.
 */
bool jwks_open(const char *source, const struct clock *clock, struct jwks **ret_jwks,
               struct err *err);
void jwks_close(struct jwks *jwks);

/* Grows whenever the set has changed; 0 before there is one. */
unsigned jwks_generation(struct jwks *jwks);

/* The set as JSON text, owned by the caller (mem_free); NULL before there is one. */
char *jwks_copy(struct jwks *jwks);

/* A token named a key that is not in the set: look again now, unless that was done a moment ago.
 * Does not block. */
void jwks_hurry(struct jwks *jwks);

#endif
