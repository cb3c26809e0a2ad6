/* Cookies: one taken out of a Cookie header. */
#ifndef JOBD_HTTP_COOKIE_H
#define JOBD_HTTP_COOKIE_H

#include "base/span.h"

#include <stdbool.h>

/*
 * The value of the cookie of this name (case counts) in `NAME=VALUE; NAME=VALUE` (RFC 6265, 4.2.1).
 * False when it is not there, or there more than once: nobody can say then which one is ours.
 */
bool cookie_find(struct span header, const char *name, struct span *ret_value);

#endif
