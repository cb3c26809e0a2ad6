/* An arena: the memory of one request, handed out in pieces, released at once, under a ceiling. */
#ifndef JOBD_BASE_ARENA_H
#define JOBD_BASE_ARENA_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* One thread at a time. All members are private. */
struct arena {
    struct arena_block *blocks;
    size_t used;
    size_t ceiling;
};

/*
 * Never fails: the first block is taken at the first allocation. `ceiling` bounds the sum of all
 * blocks.
 */
void arena_init(struct arena *arena, size_t ceiling);

/* Releases everything; the arena can be used again afterwards. */
void arena_release(struct arena *arena);

/* Forgets everything but keeps the newest block of usual size: what is cleared and filled alike,
 * over and over, allocates nothing after a few rounds. */
void arena_clear(struct arena *arena);

/* Zeroed memory aligned for any object; NULL at the ceiling or without memory. */
void *arena_alloc(struct arena *arena, size_t count, size_t size)
    __attribute__((warn_unused_result));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), (count), sizeof(type)))

/*
 * A copy of a full array of *room elements (NULL of 0) with twice the room; NULL at the ceiling or
 * without memory, and then *room is what it was.
 */
void *arena_doubled(struct arena *arena, const void *array, size_t size, size_t *room)
    __attribute__((warn_unused_result));

/* NUL-terminated copies; NULL (or a span with ptr NULL) at the ceiling. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *bytes, size_t len);
struct span arena_span(struct arena *arena, struct span source);

/* A formatted, NUL-terminated string; NULL at the ceiling. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
