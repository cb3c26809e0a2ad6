/* The data of the find tests: every status, several types and users, names made to be mistaken. */
#ifndef JOBD_TESTS_STORE_DATA_H
#define JOBD_TESTS_STORE_DATA_H

#include "shadow.h"

extern const char *const data_names[];
extern const size_t data_name_count;

/* What to search for, besides the names themselves: parts of them, and what is in none. */
extern const char *const data_parts[];
extern const size_t data_part_count;

extern const char *const data_types[];
extern const size_t data_type_count;

/* Jobs of user_at(0) up to user_at(DATA_USERS - 1). */
#define DATA_USERS 4

/* Fills the store and the shadow with the same jobs, each time the same. */
void data_fill(struct fixture *fixture, struct shadow *shadow);

/* Narrows a query by a name; it must outlive the query. */
void query_by_name(struct arena *arena, struct query *query, const char *name,
                   enum name_match match);

/* Narrows a query by the types whose bits are set. */
void query_by_types(struct arena *arena, struct query *query, unsigned bits);

#endif
