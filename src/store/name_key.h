/* Name keys: as much of a folded name as an index takes. */
#ifndef JOBD_STORE_NAME_KEY_H
#define JOBD_STORE_NAME_KEY_H

#include "base/span.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* An entry of a B-tree has a third of a page at most, 2,700 bytes. */
#define NAME_KEY_MAX 1024

/* Keys that are no longer are whole names: no character takes more than four bytes. */
#define NAME_KEY_WHOLE 1020

/*
 * The first whole characters within `most` bytes. Keys are in the order of their names, but for one
 * that is cut in front of a character of several bytes: among the names that begin with it, it
 * stands in front of all.
 */
static inline struct span name_key_within(struct span folded, size_t most)
{
    size_t len = folded.len;

    if (len <= most)
        return folded;
    len = most;
    while (len > 0 && ((unsigned char)folded.ptr[len] & 0xC0) == 0x80)
        len--;
    return (struct span){folded.ptr, len};
}

static inline struct span name_key(struct span folded)
{
    return name_key_within(folded, NAME_KEY_MAX);
}

/* Writes a code point above 0 as UTF-8; returns its length. */
static inline size_t name_put_point(uint32_t point, char ret_bytes[static 4])
{
    static const unsigned char marks[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        ret_bytes[i] = (char)(0x80 | (point & 0x3F));
    ret_bytes[0] = (char)(marks[len] | point);
    return len;
}

/*
 * The first text behind all that begin with `prefix`: its last character becomes the next one there
 * is. `text` has room for prefix.len + 4 bytes. False when nothing is behind them.
 */
static inline bool name_successor(struct span prefix, char *text, struct span *ret_text)
{
    size_t at = prefix.len;
    uint32_t point;

    while (at > 0) {
        while (--at > 0 && ((unsigned char)prefix.ptr[at] & 0xC0) == 0x80)
            ;
        if (text_decode((struct span){prefix.ptr + at, prefix.len - at}, &point) == 0)
            return false;
        if (point == 0x10FFFF)
            continue;
        memcpy(text, prefix.ptr, at);
        point = point == 0xD7FF ? 0xE000 : point + 1; /* no surrogates */
        *ret_text = (struct span){text, at + name_put_point(point, text + at)};
        return true;
    }
    return false;
}

#endif
