/* Name ranges: between which names those lie that have a gram. */
#ifndef JOBD_STORE_NAME_RANGE_H
#define JOBD_STORE_NAME_RANGE_H

#include "store/name_key.h"

#include <stdint.h>

/*
 * Whoever reads the order of names for a pattern would walk through all the names in front of the
 * first one that has it. So for each gram of up to NAME_RANGE_GRAM code points, and each first byte
 * of a name, the first and the last name with both are kept, and a walk reads nothing outside of
 * these ranges. They only ever grow, and soon seldom do: what is written is bounded by the grams
 * there are, not by the jobs.
 */
#define NAME_RANGE_GRAM 3

/*
 * A name is stored once for each gram that it is the first or last one of, so no more of it is kept
 * than this, in bytes; what is as long stands for all names that begin so.
 */
#define NAME_RANGE_KEY_MAX 64

/* The first byte of a name, by which ranges are apart; the empty name's is 0. */
static inline unsigned char name_range_head(struct span folded)
{
    return folded.len > 0 ? (unsigned char)folded.ptr[0] : 0;
}

/* Of a folded name and the hash of a gram: the gram in the lower half, the head above it. */
static inline int64_t name_range_place(struct span folded, int64_t gram)
{
    return (int64_t)name_range_head(folded) << 32 | (int64_t)(uint32_t)gram;
}

#endif
