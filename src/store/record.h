/* Records: the rows of a whole store in a form that is no engine's, to move them into another. */
#ifndef JOBD_STORE_RECORD_H
#define JOBD_STORE_RECORD_H

#include "base/buf.h"
#include "base/span.h"
#include "model/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a store is made of; all that is not listed follows from it (indexes, dictionaries). */
enum record_kind {
    RECORD_JOB,
    RECORD_LEASE,
    RECORD_PAYLOAD,
    RECORD_OUTPUT,
    RECORD_CLAIM_REQUEST,
    RECORD_IDEMPOTENCY,
    RECORD_ACCOUNT,
    RECORD_SESSION,
    RECORD_ENDED,
    RECORD_STORE, /* one: the cursor key and the counters */
    RECORD_KINDS
};

enum record_type {
    RECORD_NUMBER, /* and FLAG, CLOCK: in `number`; the others in `bytes` */
    RECORD_FLAG,
    RECORD_CLOCK, /* a number that goes on by itself: not compared */
    RECORD_TEXT,
    RECORD_TYPE, /* a job's type */
    RECORD_UUID,
    RECORD_PERSON, /* the UUID of somebody who has or had to do with a job */
    RECORD_BYTES,
};

#define RECORD_COLUMNS_MAX 20

/* The tables and columns of both engines have these names, but for the exceptions they list. */
struct record_layout {
    const char *name;
    size_t keys; /* the first so many columns are the key, by which records are ordered */
    size_t page; /* how many are handled at a time */
    size_t count;
    struct record_column {
        const char *name;
        enum record_type type;
    } columns[RECORD_COLUMNS_MAX];
};
extern const struct record_layout record_layouts[RECORD_KINDS];

/* Columns that an engine has to know apart. */
enum {
    RECORD_JOB_FOLDED = 14, /* the folded name */
    RECORD_JOB_CHANGE = 15, /* the first of those that each report changes */
    RECORD_STORE_CURSOR_KEY = 1,
    RECORD_STORE_POSITION,
    RECORD_STORE_CHANGE,
    RECORD_STORE_ACCOUNTS_VERSION,
    RECORD_STORE_LEASE_TIME,
};

/* Texts and bytes are borrowed. */
struct record {
    struct record_value {
        bool present; /* false: there is no value */
        int64_t number;
        struct span bytes;
    } values[RECORD_COLUMNS_MAX];
};

/* Whether a column of this type has its value in `number`. */
bool record_is_number(enum record_type type);

/* <0, 0, >0 by their keys, in the order in which stores export them. */
int record_compare(enum record_kind kind, const struct record *a, const struct record *b);

/*
 * A digest of all that is compared: equal records have equal ones, whatever store they come from.
 * `room` is for the work, and may be used for many. False without memory.
 */
bool record_digest(enum record_kind kind, const struct record *record, struct buf *room,
                   uint8_t ret_digest[static DIGEST_SIZE]);

/* "job 1234, 5" for messages: the kind and the numbers of the key. Returns `text`. */
#define RECORD_NAME_SIZE 128
const char *record_describe(enum record_kind kind, const struct record *record,
                            char text[static RECORD_NAME_SIZE]);

#endif
