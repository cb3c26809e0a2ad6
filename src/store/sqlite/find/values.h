/* Values: the scopes a find takes one after another when its order is by what streams have. */
#ifndef JOBD_STORE_SQLITE_FIND_VALUES_H
#define JOBD_STORE_SQLITE_FIND_VALUES_H

#include "store/sqlite/find/search.h"

/*
 * By state, result and type, the values in their order; else one, the whole scope. The cursor's
 * value comes first, below its position.
 */
struct values {
    bool started, ended;
    int number; /* the state or result, or the index in the scope's types */
    int64_t type; /* what the scope given out points to */
    struct buf name; /* of the type, when all types are walked */
};

void values_release(struct values *values);

/* The next one; *ret_more is false when there is none. The scope is valid until the next call. */
enum problem values_next(struct search *search, struct values *values, struct scope *ret_scope,
                         int64_t *ret_below, bool *ret_more);

#endif
