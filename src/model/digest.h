/* Digests: bytes to thirty-two others that stand for them. */
#ifndef JOBD_MODEL_DIGEST_H
#define JOBD_MODEL_DIGEST_H

#include "base/span.h"

#include <stdint.h>

#define DIGEST_SIZE 32

/* BLAKE2b of two texts in a row; the first one's length counts too, so that ("ab", "c") and ("a",
 * "bc") differ. */
void digest_pair(struct span first, struct span second, uint8_t ret_digest[static DIGEST_SIZE]);

#endif
