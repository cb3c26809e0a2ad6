/* Entity tags: whether a client has already what it asks for. */
#ifndef JOBD_HTTP_ETAG_H
#define JOBD_HTTP_ETAG_H

#include "base/span.h"

#include <stdbool.h>

/* Whether an If-None-Match (`*` or a list of tags, weak ones included; RFC 9110, 13.1.2) names
 * `etag`, a quoted tag. False for an empty one. */
bool etag_matches(struct span if_none_match, const char *etag);

#endif
