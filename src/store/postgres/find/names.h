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
     * A bit for each of them, at its position modulo `modulus`: of the others one in
     * FIND_BITS_A_JOB has one too, or more, where they are very many. NULL where that cannot be,
     * for jobs that are not told one by one.
     */
    unsigned char *bits;
    int64_t modulus;
    double sieved; /* the share that it lets through of the jobs of the types and the user */
    /* How it is found out. */
    bool weighed;
    struct find_words words;
    struct name_set sample; /* what of the words' sample the postings read let through */
};

#define FIND_BITS_A_JOB 32

void find_names_release(struct find_names *names);

/*
 * Finds out more: what leaves the shortest list, when that is done in so many microseconds, the
 * list's being read included, of which `wanted` jobs are read at most; else what makes a sieve.
 */
struct find_effort {
    double list, wanted, sieve;
};
enum problem find_names_know(struct find_names *names, struct pg_connection *connection,
                             const struct query *query, struct find_effort effort, struct err *err);

/* Whether statements may test by the sieve. */
static inline bool find_names_sieve(const struct find_names *names)
{
    return names != NULL && names->known && names->bits != NULL;
}

#endif
