/* Words: what of a query the index can be asked for, and how many jobs have it. */
#ifndef JOBD_STORE_POSTGRES_FIND_WORDS_H
#define JOBD_STORE_POSTGRES_FIND_WORDS_H

#include "model/query.h"
#include "store/name_grams.h"
#include "store/postgres/connection.h"
#include "store/postgres/names/job_bits.h"
#include "store/postgres/row.h"

/* More types than these are left to the tests. */
#define FIND_TYPES_ASKED 16
#define FIND_WORDS_MAX (NAME_GRAMS_ASKED + 2 + FIND_TYPES_ASKED)

/* Words of which a job has one at least; all but those of the types and statuses stand alone. */
struct find_group {
    enum find_group_kind { GROUP_OF_NAME, GROUP_OF_SCOPE, GROUP_OF_STATUSES } kind;
    struct find_word {
        int64_t number;
        struct job_bits jobs; /* of the sample */
    } * words; /* of the statuses none */
    size_t count;
    struct job_bits jobs; /* of the sample */
    double share; /* of the sample's jobs; of the statuses, of all */
    bool read;
};

/*
 * Start from {0}. The sample is the newest segments, as many as have enough jobs.
 * Shares are of one and more than nothing, since of a sample nothing is certain.
 */
struct find_words {
    struct find_word words[FIND_WORDS_MAX];
    size_t word_count;
    struct find_group groups[FIND_WORDS_MAX + 1]; /* weighed: those that few jobs have come first */
    size_t group_count;
    double segments, jobs; /* in all */
    int64_t sample_first; /* block */
    /* Of the types and the user, of the statuses, and of all there is to ask for. */
    double scope_share, status_share, share;
};

void find_words_release(struct find_words *words);

/* The words of a query; false without memory. */
bool find_words_of(struct find_words *words, const struct query *query);

/*
 * Adds to the connection's round what weighs the words, and takes the answers, of which the first
 * is numbered: false where they are damaged, or without memory. The index has so many blocks.
 */
void find_words_ask(const struct find_words *words, const struct query *query,
                    struct pg_connection *connection, struct arena *arena);
bool find_words_weigh(struct find_words *words, const struct pg_connection *connection,
                      size_t first, int64_t blocks);

/* Whether a statement's answer has the statuses' exact counts is the caller's to know: without
 * them, nothing is asked of the statuses. */
void find_words_forget_statuses(struct find_words *words);

#endif
