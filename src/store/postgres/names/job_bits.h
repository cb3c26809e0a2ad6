/* Job bits: sets of numbered jobs, a bit each in memory, and postings, which are what is stored. */
#ifndef JOBD_STORE_POSTGRES_NAMES_JOB_BITS_H
#define JOBD_STORE_POSTGRES_NAMES_JOB_BITS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The jobs that are indexed have ordinals, in the order of their creation. They are given a block
 * at a time; of one that has fewer jobs the last ordinals are nobody's.
 */
#define JOB_BLOCK 1024

/* The jobs of some blocks in a row; start from {0}. */
struct job_bits {
    uint64_t *words;
    int64_t first; /* block */
    size_t blocks;
};

/* None of the jobs of these blocks; false without memory. */
bool job_bits_init(struct job_bits *bits, int64_t first, size_t blocks);
void job_bits_release(struct job_bits *bits);

/* All ordinals of its blocks. */
void job_bits_fill(struct job_bits *bits);

void job_bits_clear(struct job_bits *bits);

/* Both of two sets have the same blocks. Meeting tells how many are left. */
size_t job_bits_meet(struct job_bits *bits, const struct job_bits *other);
void job_bits_join(struct job_bits *bits, const struct job_bits *other);

size_t job_bits_count(const struct job_bits *bits);
/* How many of two have both; of the same blocks. */
size_t job_bits_count_both(const struct job_bits *bits, const struct job_bits *other);
/* Whether one of these blocks has a job; those that are not in the set have none. */
bool job_bits_any(const struct job_bits *bits, int64_t first, int64_t end);

/* Of an ordinal that is in the set's blocks. */
static inline bool job_bits_has(const struct job_bits *bits, int64_t ordinal)
{
    int64_t offset = ordinal - bits->first * JOB_BLOCK;

    return (bits->words[offset / 64] >> (offset % 64) & 1) != 0;
}
void job_bits_add(struct job_bits *bits, int64_t ordinal);
void job_bits_drop(struct job_bits *bits, int64_t ordinal);

/* The last ordinal below this one, of one set or of two that both have it; or the first from one on
 * and below another. -1: none. */
int64_t job_bits_before(const struct job_bits *bits, int64_t below);
int64_t job_bits_before_both(const struct job_bits *bits, const struct job_bits *other,
                             int64_t below);
int64_t job_bits_next(const struct job_bits *bits, int64_t from, int64_t end);

/*
 * Adds a chunk to a posting: the jobs of one block that have the word, by their ordinals, which
 * rise. The bytes of one posting behind those of another are the posting of both.
 */
void job_posting_add(struct buf *out, const int64_t *ordinals, size_t count);

/* The same of all jobs of a set. */
void job_posting_add_bits(struct buf *out, const struct job_bits *bits);

/* Adds the jobs of a posting that are in the set's blocks; false where the bytes are none. */
bool job_posting_read(struct span posting, struct job_bits *bits);

#endif
