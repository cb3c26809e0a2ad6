/* Verified credentials, remembered briefly, so that a polling client costs no password hashes. */
#ifndef JOBD_AUTH_CREDENTIAL_CACHE_H
#define JOBD_AUTH_CREDENTIAL_CACHE_H

#include "base/span.h"
#include "model/account.h"

#include <stdbool.h>
#include <stdint.h>

struct credential_cache; /* any thread */

/* NULL without memory. Holds some thousand entries; the oldest of a set makes room. */
struct credential_cache *credential_cache_new(void);
void credential_cache_free(struct credential_cache *cache);

/* What was verified: the header's value stands for this account, until then. */
struct credential {
    struct uuid account;
    uint64_t proof; /* credential_proof of the account then; an account whose proof is another one
                       now must be verified again */
    int64_t ends_on; /* wall clock: when they end by themselves; INT64_MAX: never */
    int64_t expires_ms; /* on the clock of now_ms below, which is the caller's choice */
};

/* Stands for an account's password hash; 0 for credentials that do not depend on it. Never 0 for a
 * password. */
uint64_t credential_proof(struct credential_cache *cache, const struct account *account);

bool credential_cache_find(struct credential_cache *cache, struct span header, int64_t now_ms,
                           struct credential *ret_credential);
void credential_cache_add(struct credential_cache *cache, struct span header,
                          const struct credential *credential);

/* What was verified is not known any more. */
void credential_cache_forget(struct credential_cache *cache, struct span header);

#endif
