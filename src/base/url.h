/* Percent-encoding and application/x-www-form-urlencoded pairs. */
#ifndef JOBD_BASE_URL_H
#define JOBD_BASE_URL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>

/*
 * Decodes `%XX` (and `+` as a space when `plus_is_space`) into `arena`. False when a `%` is not
 * followed by two hex digits, or the result is not UTF-8 or holds U+0000, or there is no memory.
 * Without anything to decode the result is the source itself.
 */
bool url_decode(struct arena *arena, struct span source, bool plus_is_space, struct span *ret_text,
                struct err *err);

/*
 * Takes the next `key=value` off the front of a query string, decoded; a key without `=` has an
 * empty value; empty pairs
 * (`&&`) are passed over. False at the end or on an error; then err->text is empty at the end and
 * says what is wrong otherwise.
 */
bool url_next_pair(struct arena *arena, struct span *query, struct span *ret_key,
                   struct span *ret_value, struct err *err);

#endif
