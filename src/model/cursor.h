/* Cursors: where a page ended, sealed so that only what we gave out comes back. */
#ifndef JOBD_MODEL_CURSOR_H
#define JOBD_MODEL_CURSOR_H

#include "base/arena.h"
#include "model/problem.h"
#include "model/query.h"

#include <stdint.h>

struct job;

#define CURSOR_KEY_SIZE 32

/*
 * The last job of a page. `value` is what the order compares besides the position: the date for
 * ORDER_START_DATE and ORDER_END_DATE (JOB_NO_TIME: absent), the enum value for ORDER_STATE and
 * ORDER_RESULT, 0 otherwise: names and types never change, so the store reads them again at the
 * position.
 */
struct cursor {
    int64_t value;
    int64_t position;
};

/* The place of a job in a query's order. */
struct cursor cursor_at(const struct query *query, const struct job *job);

/* Seals a place and the query's digest with the store's key; base64url text in `arena`, ptr NULL
 * without memory. */
struct span cursor_seal(struct arena *arena, const uint8_t key[static CURSOR_KEY_SIZE],
                        const struct query *query, const struct cursor *cursor);

/* Opens query->cursor; INVALID_CURSOR when it is not one of ours, altered, or of another query. */
enum problem cursor_open(const uint8_t key[static CURSOR_KEY_SIZE], const struct query *query,
                         struct cursor *ret_cursor, struct err *err);

#endif
