/* Text: UTF-8 validity, length in code points, and Unicode case folding. */
#ifndef JOBD_BASE_TEXT_H
#define JOBD_BASE_TEXT_H

#include "base/arena.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_controls {
    TEXT_NO_CONTROLS, /* no U+0000..U+001F, U+007F..U+009F */
    TEXT_TAB_AND_NEWLINE, /* the same, but for tab and newline */
    TEXT_ANY, /* whatever is valid UTF-8 */
};

/*
 * True when `text` is valid UTF-8 (no surrogates, no overlong forms, nothing beyond U+10FFFF) with
 * only the controls allowed; then `ret_points` (may be NULL) is its length in code points.
 */
bool text_check(struct span text, enum text_controls controls, size_t *ret_points);

/*
 * NFKC case folding (as Unicode's toNFKC_Casefold, default ignorables removed): equal results mean
 * "equal without case". `text` must be valid UTF-8. The result is NUL-terminated in `arena`; ptr is
 * NULL without memory.
 */
struct span text_fold(struct arena *arena, struct span text);

/*
 * Decodes the code point at the front of `text`. Returns how many bytes it takes (1..4), or 0 when
 * there is none: `text` is empty or does not start with valid UTF-8.
 */
size_t text_decode(struct span text, uint32_t *ret_point);

/* The bytes (1..4) of the code point at the front of `text`, which is valid and not empty. */
size_t text_step(struct span text);

#endif
