/* A parsed key set: which of its keys may verify a token. */
#ifndef JOBD_AUTH_KEY_SET_H
#define JOBD_AUTH_KEY_SET_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct key_set; /* one thread at a time */

/* Parses a JSON Web Key Set; keys of other kinds, for encryption, or malformed are left out. NULL
 * without memory. */
struct key_set *key_set_parse(struct span text);
void key_set_free(struct key_set *set);

/*
 * Tries the keys that fit the algorithm (RS and PS: RSA; ES: EC; a key's own alg must be the same)
 * and the kid (NULL: every key) until `verify` says true. False when none did; `ret_known` says
 * whether any fitted at all.
 */
bool key_set_try(const struct key_set *set, const char *algorithm, const char *kid,
                 bool (*verify)(void *context, const void *jwk), void *context, bool *ret_known);

#endif
