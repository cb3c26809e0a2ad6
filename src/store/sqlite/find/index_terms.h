/* Index terms: a query's filters as the words and sets of the index. */
#ifndef JOBD_STORE_SQLITE_FIND_INDEX_TERMS_H
#define JOBD_STORE_SQLITE_FIND_INDEX_TERMS_H

#include "store/name_grams.h"
#include "store/sqlite/find/search.h"

/* How many of those that the words before it let through are thought to have another one. */
#define INDEX_TERMS_UNKNOWN 0.5

/* All that is asked for, and what the parts of the index worked out so far have taught of it. */
struct index_terms {
    struct index_wanted {
        uint32_t word; /* a gram, or another word of index/posting.h */
        double share; /* of the jobs last looked at have it */
        double left; /* of those that the ones before it let through, last time */
    } wanted[NAME_GRAMS_ASKED + 2];
    size_t wanted_count;
    uint32_t types[QUERY_TYPES_MAX]; /* words; one of them, when there are more than one */
    size_t type_count;
    double types_left; /* as of a word */
    struct answer_key key; /* of all of these */
    /* What is chosen among those that have all this. */
    uint32_t sets; /* in one of these job sets, bits 1 << set; 0: in any */
    double sets_left; /* as of a word */
    uint32_t word; /* has_word: and with this */
    bool has_word;
};

/* For the query's name and, unless it is NULL, a scope. False without memory. */
bool index_terms_init(struct search *search, const struct scope *scope,
                      struct index_terms *ret_terms);

/* Puts the words first that few had. */
void index_terms_order(struct index_terms *terms);

#endif
