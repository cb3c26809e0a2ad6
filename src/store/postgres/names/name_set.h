/* Name sets: which jobs have a word, as bytes of a segment and as runs of positions. */
#ifndef JOBD_STORE_POSTGRES_NAMES_NAME_SET_H
#define JOBD_STORE_POSTGRES_NAMES_NAME_SET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Jobs, as runs of positions that rise and are apart; start from {0}. A job that is known to have
 * the word is a run of its own; in a longer run any job may have it.
 */
struct name_set {
    struct name_run {
        int64_t first, last; /* both inclusive */
    } * list;
    size_t count, room;
};

void name_set_release(struct name_set *set);

/*
 * Adds a chunk of the jobs at positions, which rise, of `jobs` in all: as one run from the first to
 * the last of them where so many have the word that it is not worth telling which. The bytes of one
 * posting behind those of another are the posting of both.
 */
void name_set_write(struct buf *out, const int64_t *positions, size_t count, size_t jobs);

/* A posting while it is read; `below`: only what lies below this position counts. */
struct name_reader {
    const unsigned char *at, *end;
    int64_t below;
    uint64_t left; /* jobs of the chunk */
    int64_t position; /* of the last one of the chunk */
    int64_t last; /* of all chunks, -1 before the first: they rise */
    bool damaged; /* the bytes are no posting */
};

static inline struct name_reader name_reader_of(struct span bytes, int64_t below)
{
    const unsigned char *at = (const unsigned char *)bytes.ptr;

    return (struct name_reader){.at = at, .end = at + bytes.len, .below = below, .last = -1};
}

/* The next run; false at the end. */
bool name_reader_next(struct name_reader *reader, struct name_run *ret_run);

/*
 * Adds what a posting has, which lies above all that the set has. False without memory, and where
 * the posting is damaged.
 */
bool name_set_read(struct name_set *set, struct name_reader reader);

/*
 * Adds to `both` what a set and a posting have in common; *at is the run of the set from which on
 * to look, 0 for the first of several postings that lie one above the other. False likewise.
 */
bool name_set_meet_posting(const struct name_set *set, size_t *at, struct name_reader reader,
                           struct name_set *both);

/* Leaves of a set what another one has too. False without memory. */
bool name_set_meet(struct name_set *set, const struct name_set *other);

/* Adds to a set what another one has; false without memory. */
bool name_set_join(struct name_set *set, const struct name_set *other);

#endif
