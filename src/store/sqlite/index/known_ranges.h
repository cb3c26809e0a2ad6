/* Known ranges: the name ranges that the writer widens, and those of them it need not look up. */
#ifndef JOBD_STORE_SQLITE_INDEX_KNOWN_RANGES_H
#define JOBD_STORE_SQLITE_INDEX_KNOWN_RANGES_H

#include "base/arena.h"
#include "base/span.h"
#include "store/name_grams.h"
#include "store/name_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite_reader;

/*
 * A name has a range for nearly each of its characters three times, and nearly always all of them
 * reach beyond it already. To look them all up would cost more than to index the name; so the ones
 * that were needed lately are kept in memory, in a table that grows to KNOWN_RANGES_ROOM entries
 * while many names come.
 * What is kept is never wider than what is stored, as long as a writer that rolls back forgets.
 */
#define KNOWN_RANGES_ROOM 65536
#define KNOWN_RANGES_MEMORY ((size_t)8 << 20) /* of their names */

struct known_ranges {
    struct known_range {
        int64_t place;
        struct span first, last; /* keys of names; first.ptr NULL: free */
    } * list;
    size_t count, room;
    bool full; /* to be forgotten before it grows */
    struct arena keys; /* of whoever initializes it: KNOWN_RANGES_MEMORY is its ceiling */
};

/* What a range keeps of a folded name: bytes, so that keys are in the order of names. */
static inline struct span known_range_key(struct span folded)
{
    return (struct span){folded.ptr,
                         folded.len < NAME_RANGE_KEY_MAX ? folded.len : NAME_RANGE_KEY_MAX};
}

/* Forgets everything: after a ROLLBACK, and at the end. */
void known_ranges_release(struct known_ranges *known);

/*
 * Widens the stored ranges by a folded name that is indexed, inside the transaction that moves the
 * watermark over it; on the writer thread. `grams` are its own up to NAME_RANGE_GRAM code points,
 * finished. False without memory or on an error of the connection: the caller rolls back.
 */
bool known_ranges_add(struct sqlite_reader *writer, struct span folded,
                      const struct name_grams *grams);

#endif
