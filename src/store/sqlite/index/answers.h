/* Answers: what segments let through, kept on a connection for who asks the same again. */
#ifndef JOBD_STORE_SQLITE_INDEX_ANSWERS_H
#define JOBD_STORE_SQLITE_INDEX_ANSWERS_H

#include "model/digest.h"

#include <roaring/roaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * To read the postings of a filter and intersect them is a third of what a page takes among many
 * jobs, and the same filter is asked for again: page after page, and as often as somebody looks.
 * Nobody has to forget an answer, for the postings of a segment never change.
 */
#define ANSWER_SLOTS 1024
#define ANSWERS_BYTES ((size_t)4 << 20) /* about; all others are let go by and by */

/* What was asked; no two are alike. */
struct answer_key {
    uint8_t digest[DIGEST_SIZE];
};

/* The key of what is asked with another key, of so many numbers more. */
struct answer_key answer_key_with(struct answer_key key, const int64_t *numbers, size_t count);

/* Whoever was given one holds it, and drops it when done; until then it stays, kept or not. */
struct answer {
    const roaring_bitmap_t *jobs; /* NULL: none */
    struct answer_key key;
    size_t bytes;
    unsigned holders;
};
void answer_drop(struct answer *answer);

/* Start from {0}. */
struct answers {
    struct answer *slots[ANSWER_SLOTS]; /* each where its key falls; a later one takes its place */
    size_t bytes;
    size_t next; /* the slot that is emptied next where there are too many bytes */
};
void answers_release(struct answers *answers);

/* NULL when it is not known. */
struct answer *answers_find(struct answers *answers, const struct answer_key *key);

/* Keeps the jobs, which are taken over; NULL without memory. */
struct answer *answers_keep(struct answers *answers, const struct answer_key *key,
                            roaring_bitmap_t *jobs);

#endif
