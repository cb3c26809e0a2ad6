/* The values of a statement's parameters, in PostgreSQL's binary form. */
#ifndef JOBD_STORE_POSTGRES_PARAMS_H
#define JOBD_STORE_POSTGRES_PARAMS_H

#include "base/arena.h"
#include "base/span.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_PARAMS_MAX 80

/*
 * $1, $2, … in the order they are added. Texts and bytes are borrowed until the statement is sent.
 * Start from {0}.
 */
struct pg_params {
    int count;
    unsigned types[PG_PARAMS_MAX]; /* Oid */
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX];
    int formats[PG_PARAMS_MAX];
    unsigned char numbers[PG_PARAMS_MAX][8]; /* what `values` points to for numbers */
    bool failed; /* an array had no memory; the statement is not sent */
};

/* int8, whatever the column's width. */
void param_number(struct pg_params *params, int64_t number);
/* NULL where the number is `absent`. */
void param_optional(struct pg_params *params, int64_t number, int64_t absent);
void param_bool(struct pg_params *params, bool value);
/* UTF-8 without NUL; ptr NULL is the empty text. */
void param_text(struct pg_params *params, struct span text);
/* NULL where the text is empty. */
void param_optional_text(struct pg_params *params, struct span text);
void param_bytes(struct pg_params *params, struct span bytes);
void param_uuid(struct pg_params *params, const struct uuid *uuid);

/* int8[] and text[] of any length; the array lives in `arena`. */
void param_numbers(struct pg_params *params, struct arena *arena, const int64_t *numbers,
                   size_t count);
void param_texts(struct pg_params *params, struct arena *arena, const struct span *texts,
                 size_t count);

/* The same of elements that are in PostgreSQL's binary form already; ptr NULL is NULL. */
enum pg_array { PG_BOOLS, PG_BYTES, PG_NUMBERS, PG_TEXTS, PG_UUIDS };
void param_array(struct pg_params *params, struct arena *arena, enum pg_array type,
                 const struct span *elements, size_t count);

#endif
