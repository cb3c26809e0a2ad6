/* Name keys: as much of a folded name as an index takes. */
#ifndef JOBD_STORE_POSTGRES_NAME_KEY_H
#define JOBD_STORE_POSTGRES_NAME_KEY_H

#include "base/span.h"

/* An entry of a B-tree has a third of a page at most, 2,700 bytes. */
#define NAME_KEY_MAX 1024

/* The first whole characters within NAME_KEY_MAX bytes: the order of keys is the order of names. */
static inline struct span name_key(struct span folded)
{
    size_t len = folded.len;

    if (len <= NAME_KEY_MAX)
        return folded;
    len = NAME_KEY_MAX;
    while (len > 0 && ((unsigned char)folded.ptr[len] & 0xC0) == 0x80)
        len--;
    return (struct span){folded.ptr, len};
}

#endif
