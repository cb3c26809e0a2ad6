/* One look at the source of a key set: a file read, or an https address fetched. */
#ifndef JOBD_AUTH_JWKS_FETCH_H
#define JOBD_AUTH_JWKS_FETCH_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/*
 * Reads the source into `out`, whose ceiling bounds it. Blocks, for an address at most ten seconds;
 * https only, certificates verified against the system's authorities or those of SSL_CERT_FILE.
 */
bool jwks_fetch(const char *source, struct buf *out, struct err *err);

/* Whether the source is an address rather than a file. */
bool jwks_is_remote(const char *source);

#endif
