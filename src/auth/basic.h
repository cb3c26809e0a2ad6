/* Basic credentials: the value of an Authorization header taken apart. */
#ifndef JOBD_AUTH_BASIC_H
#define JOBD_AUTH_BASIC_H

#include "base/arena.h"
#include "base/span.h"

#include <stdbool.h>

/*
 * Reads `Basic base64(name:password)` (RFC 7617, UTF-8; the scheme in any case). The texts live in
 * `arena`. False when it is anything else.
 */
bool basic_parse(struct arena *arena, struct span value, struct span *ret_name,
                 struct span *ret_password);

/*
 * The value basic_parse reads this name and password from, in `arena`. Empty without memory, and
 * for a name with a colon, which it cannot hold.
 */
struct span basic_format(struct arena *arena, struct span name, struct span password);

#endif
