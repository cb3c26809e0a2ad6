/* Jitter: the random bits that spread the back-off of what expires together. */
#ifndef JOBD_STORE_JITTER_H
#define JOBD_STORE_JITTER_H

#include "base/uuid.h"

#include <stdint.h>
#include <string.h>

/* Any 32 bits: the first ones of a random id are random all. */
static inline uint32_t jitter_bits(void)
{
    struct uuid id = uuid_random();
    uint32_t bits;

    memcpy(&bits, id.bytes, sizeof(bits));
    return bits;
}

#endif
