/* Names: which jobs the name index lets through, as a list and as a sieve. */
#ifndef JOBD_STORE_POSTGRES_FIND_NAMES_H
#define JOBD_STORE_POSTGRES_FIND_NAMES_H

#include "store/postgres/find/words.h"

/*
 * What the index knows of one query's name, types and user; start from {0}. It is found out by
 * intersecting postings, as far as reading another one takes less time than reading the jobs it
 * would rule out. So whatever it lets through is a candidate; what it holds back does not match.
 */
struct find_names {
    bool known; /* else nothing of the following */
    int64_t watermark; /* the index has no jobs above this position */
    struct name_set passed;
    double jobs; /* about so many are let through */
    /*
     * A bit for each of them, at its position modulo `modulus`: of the others a sixteenth at most
     * has one too. NULL where that cannot be, for jobs that are not told one by one.
     */
    unsigned char *bits;
    int64_t modulus;
    /* How it is found out. */
    bool weighed;
    struct find_words words;
    struct name_set sample; /* what of the words' sample the postings read let through */
};

void find_names_release(struct find_names *names);

/*
 * Finds out more in about so many microseconds, where that is enough to find out anything that
 * pays.
 */
enum problem find_names_know(struct find_names *names, struct pg_connection *connection,
                             const struct query *query, int64_t microseconds, struct err *err);

/* Whether statements may test by the sieve. */
static inline bool find_names_sieve(const struct find_names *names)
{
    return names != NULL && names->known && names->bits != NULL;
}

#endif
