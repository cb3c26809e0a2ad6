/* What a connection remembers of the dictionaries: numbers that stand for types and persons. */
#ifndef JOBD_STORE_SQLITE_DICTIONARY_H
#define JOBD_STORE_SQLITE_DICTIONARY_H

#include "base/span.h"
#include "base/uuid.h"

#include <stdint.h>

#define DICTIONARY_PERSONS 2048
#define DICTIONARY_TYPES 256

/*
 * Two tables, each entry in the slot its key falls on; a later one takes the slot. Entries never
 * become false, for committed rows of the dictionaries neither change nor vanish; only a writer
 * that rolls back has to forget.
 */
struct dictionary {
    struct dictionary_person {
        int64_t id; /* 0: free */
        struct uuid uuid;
    } persons_by_id[DICTIONARY_PERSONS], persons_by_uuid[DICTIONARY_PERSONS];
    struct dictionary_type {
        int64_t id; /* 0: free */
        char *name;
        size_t len;
    } types_by_id[DICTIONARY_TYPES], types_by_name[DICTIONARY_TYPES];
};

/* Forgets everything. */
void dictionary_release(struct dictionary *dictionary);

#endif
