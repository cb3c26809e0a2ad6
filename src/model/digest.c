/* Digests: bytes to thirty-two others that stand for them. */
#include "model/digest.h"

#include <sodium.h>

static void add(crypto_generichash_state *state, struct span text)
{
    if (text.len > 0)
        crypto_generichash_update(state, (const unsigned char *)text.ptr, text.len);
}

void digest_pair(struct span first, struct span second, uint8_t ret_digest[static DIGEST_SIZE])
{
    uint64_t first_len = first.len;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    crypto_generichash_update(&state, (const unsigned char *)&first_len, sizeof(first_len));
    add(&state, first);
    add(&state, second);
    crypto_generichash_final(&state, ret_digest, DIGEST_SIZE);
}
