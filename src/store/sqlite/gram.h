/* The name index: the grams of folded names, and what is asked of them. */
#ifndef JOBD_STORE_SQLITE_GRAM_H
#define JOBD_STORE_SQLITE_GRAM_H

#include "store/sqlite/search.h"

/*
 * What is indexed of a job: the 1-, 2- and 3-grams of its folded name between two marks, and one
 * word each for its type, its person and its name as it is, none of which ever changes. Positions
 * within the name are not kept, so whoever asks gets candidates and compares the names.
 */

/* The word of a whole name is a hash, which few others share. */
uint32_t gram_name_hash(struct span name);

/* The last position indexed; -1: none yet. */
enum problem gram_watermark(struct sqlite_reader *reader, int64_t *ret_watermark, struct err *err);

struct gram_question {
    const struct query *query;
    const struct scope *scope;
    bool thorough; /* look how rare the grams are, however few */
    bool single; /* ask for the rarest gram only */
};

struct gram_answer {
    struct span expression; /* empty: the index cannot tell anything */
    bool rare; /* it finds few, or nothing */
};

/* What to ask the index for the query's name and the scope's types and person. */
enum problem gram_ask(struct sqlite_reader *reader, struct arena *arena,
                      const struct gram_question *question, struct gram_answer *ret_answer,
                      struct err *err);

/*
 * Yields the positions below `below` of the jobs that have it all, newest first; the limit is
 * parameter 3, for the caller to bind. NULL on an error of the connection.
 */
sqlite3_stmt *gram_statement(struct sqlite_reader *reader, struct span expression, int64_t below);

#endif
