/* Words: what of a query the name index can be asked for, and how many jobs have it. */
#ifndef JOBD_STORE_POSTGRES_FIND_WORDS_H
#define JOBD_STORE_POSTGRES_FIND_WORDS_H

#include "model/query.h"
#include "store/name_grams.h"
#include "store/postgres/connection.h"
#include "store/postgres/names/name_set.h"

/* More types than these are left to the tests. */
#define FIND_TYPES_ASKED 16
#define FIND_WORDS_MAX (NAME_GRAMS_ASKED + 2 + FIND_TYPES_ASKED)

/* Words of which a job has one at least; all but those of the types stand alone. */
struct find_group {
    struct find_word {
        int64_t number;
        struct name_set jobs; /* of the sample */
    } * words;
    size_t count;
    bool of_name; /* not of the types or the user */
    struct name_set jobs; /* of the sample */
    double share; /* of the sample's jobs */
    enum { GROUP_ASKED, GROUP_CHOSEN, GROUP_READ } state; /* read, if it was not too large */
};

/* Start from {0}. The sample is the newest segments, up to the first that is merged no more. */
struct find_words {
    struct find_word words[FIND_WORDS_MAX];
    size_t word_count;
    struct find_group groups[FIND_WORDS_MAX]; /* weighed: those that few jobs have come first */
    size_t group_count;
    double segments, jobs, sample_jobs;
    double share, scope_share; /* what all groups have in common, and those of types and user */
    int64_t first, last; /* positions; -1 without a segment */
};

void find_words_release(struct find_words *words);

/* The words of a query, which has a name filter; false without memory. */
bool find_words_of(struct find_words *words, const struct query *query);

/* Reads the sample and weighs by it. */
enum problem find_words_weigh(struct find_words *words, struct pg_connection *connection,
                              struct err *err);

/* About how many jobs a set has; of a run that may be any as many as lie in it. */
double find_words_jobs(const struct find_words *words, const struct name_set *set);

#endif
