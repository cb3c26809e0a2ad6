/* Passwords: argon2id hashes, made and verified. */
#include "auth/password.h"

#include "auth/secret.h"
#include "base/metrics.h"

#include <pthread.h>
#include <sodium.h>

#define OPERATIONS 2
#define MEMORY (19u << 20)

#define DECOY_BYTES 18

_Static_assert(ACCOUNT_HASH_SIZE == crypto_pwhash_STRBYTES, "the account holds a whole hash");

bool password_hash(struct span password, char ret_hash[static ACCOUNT_HASH_SIZE])
{
    return sodium_init() >= 0 &&
           crypto_pwhash_str_alg(ret_hash, password.ptr, password.len, OPERATIONS, MEMORY,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool password_verify(const char *hash, struct span password)
{
    metric_add(METRIC_AUTH_HASHES, 1);
    return crypto_pwhash_str_verify(hash, password.ptr, password.len) == 0;
}

static char decoy[ACCOUNT_HASH_SIZE];

static void make_decoy(void)
{
    char password[SECRET_SIZE(DECOY_BYTES)];
    secret_generate(password, DECOY_BYTES);
    if (!password_hash(span_of(password), decoy))
        decoy[0] = '\0';
}

const char *password_decoy(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_decoy);
    return decoy;
}
