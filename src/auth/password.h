/* Passwords: argon2id hashes, made and verified. */
#ifndef JOBD_AUTH_PASSWORD_H
#define JOBD_AUTH_PASSWORD_H

#include "base/span.h"
#include "model/account.h"

#include <stdbool.h>

/* Some 20 ms and 19 MiB each (OWASP's first choice for argon2id: m = 19 MiB, t = 2, p = 1). False
 * without memory. */
bool password_hash(struct span password, char ret_hash[static ACCOUNT_HASH_SIZE]);
bool password_verify(const char *hash, struct span password);

/* A hash no password verifies against, of the same cost: what unknown users are compared with. */
const char *password_decoy(void);

#endif
