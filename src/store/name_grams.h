/* Grams of names: runs of one to a few of their characters, as numbers to index and ask by. */
#ifndef JOBD_STORE_NAME_GRAMS_H
#define JOBD_STORE_NAME_GRAMS_H

#include "base/arena.h"
#include "model/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of grams, as hashes of 32 bits with a sign; start from {0}. */
struct name_grams {
    int64_t *list; /* finished: `count` different ones */
    size_t count, room;
};

/*
 * Adds the grams of 1 to `longest` code points of a folded name between two marks, one for the
 * beginning of a name and one for its end. False without memory.
 */
bool name_grams_cut(struct name_grams *grams, struct span folded, int longest);

/* Puts them to the front of the list; nothing can be added until the set is cleared. */
void name_grams_finish(struct name_grams *grams);
void name_grams_clear(struct name_grams *grams);
void name_grams_release(struct name_grams *grams);

/*
 * The grams of a name that passes the query's filter: the longest ones of its pattern that
 * name_grams_cut finds with the same `longest`. Returns their number, NAME_GRAMS_ASKED at most, and
 * 0 without memory.
 */
#define NAME_GRAMS_ASKED 24 /* more of a long pattern hardly rule out more names */
size_t name_grams_ask(const struct query *query, int longest,
                      int64_t ret_grams[static NAME_GRAMS_ASKED]);

/* What else of a job may be asked for in the same way, by a hash of its bytes. */
enum name_word {
    NAME_WORD_WHOLE, /* the name as it is, before folding */
    NAME_WORD_TYPE,
    NAME_WORD_USER,
};

/* False without memory. */
bool name_grams_ask_word(enum name_word word, struct span bytes, int64_t *ret_gram);

#endif
