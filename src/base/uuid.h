/* UUIDs: sixteen bytes, their text, and the version 7 form that carries a position. */
#ifndef JOBD_BASE_UUID_H
#define JOBD_BASE_UUID_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct uuid {
    uint8_t bytes[16];
};

/* "00000000-0000-0000-0000-000000000000" and its NUL. */
#define UUID_TEXT_SIZE 37

/* Lower case. */
void uuid_format(const struct uuid *uuid, char ret_text[static UUID_TEXT_SIZE]);

/* The 36-character form only, either case, any version and variant. */
bool uuid_parse(struct span text, struct uuid *ret_uuid);

static inline bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Version 4, from the system's random source. Any thread. */
struct uuid uuid_random(void);

/*
 * A position is `milliseconds << 20 | sequence`, 63 bits. uuid_at makes a version 7 UUID of it: the
 * time, then the sequence as the leading counter bits (RFC 9562, 6.2, method 1), then 54 random
 * bits. uuid_position reads it back; false when the UUID is not of version 7 and the RFC's variant
 * or its time is beyond 43 bits. UUIDs compare as their positions do. Any thread, hardly a system
 * call; not for a child process that goes on after fork().
 */
struct uuid uuid_at(int64_t position);
bool uuid_position(const struct uuid *uuid, int64_t *ret_position);

#endif
