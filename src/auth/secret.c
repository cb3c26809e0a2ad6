/* Secrets: random bytes as text. */
#include "auth/secret.h"

#include <assert.h>
#include <sodium.h>

#define BYTES_MAX 64

void secret_generate(char *ret_text, size_t bytes)
{
    unsigned char random[BYTES_MAX];
    assert(bytes <= BYTES_MAX && sodium_init() >= 0);
    randombytes_buf(random, bytes);
    sodium_bin2base64(ret_text, SECRET_SIZE(bytes), random, bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof(random));
}
