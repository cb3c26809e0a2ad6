/* A sieve: of jobs at hand, those whose names the index does not rule out. */
#ifndef JOBD_STORE_SQLITE_FIND_SIEVE_H
#define JOBD_STORE_SQLITE_FIND_SIEVE_H

#include "store/sqlite/find/index_filter.h"

/*
 * Reading a job to compare its name costs more than asking the index for it together with
 * others that are near. So whoever comes by many jobs that lie close together, as a walk by date
 * does, looks up first which of them may match.
 */
struct sieve {
    bool ready;
    struct index_filter filter;
    /* Newest first: what was put in, and then what is left of it. */
    int64_t *positions;
    size_t count, room;
};

/* Empties it, with room for `count` positions. Its memory is the search's; false without. */
bool sieve_clear(struct search *search, struct sieve *sieve, size_t count);
void sieve_release(struct sieve *sieve);

static inline void sieve_add(struct sieve *sieve, int64_t position)
{
    sieve->positions[sieve->count++] = position;
}

/* Throws out what cannot match. */
enum problem sieve_shake(struct search *search, struct sieve *sieve);

/* Whether a job that was put in may match. */
bool sieve_has(const struct sieve *sieve, int64_t position);

#endif
