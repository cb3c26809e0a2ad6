/* An arena: a short list of growing blocks, of which only the newest is filled. */
#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

/* The newest block comes first; it is the largest, but for pieces that needed one of their own. */
struct arena_block {
    struct arena_block *next;
    size_t size; /* of bytes */
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

static const size_t FIRST_BLOCK = 8 * 1024;
static const size_t LARGEST_STEP = 256 * 1024;
/* One large request must not make an idle arena hold on to its memory. */
static const size_t LARGEST_KEPT = 64 * 1024;

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

/* Frees the list down to, and without, `keep`. */
static void free_until(struct arena *arena, const struct arena_block *keep)
{
    while (arena->blocks != keep) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        arena->used -= sizeof(*block) + block->size;
        mem_free(block);
    }
}

/* The newest one that may be kept. */
static struct arena_block *take_kept(struct arena *arena)
{
    struct arena_block *kept;

    while (arena->blocks != NULL && arena->blocks->size > LARGEST_KEPT)
        free_until(arena, arena->blocks->next);
    kept = arena->blocks;
    if (kept != NULL)
        arena->blocks = kept->next;
    return kept;
}

void arena_release(struct arena *arena)
{
    free_until(arena, NULL);
}

void arena_clear(struct arena *arena)
{
    struct arena_block *kept = take_kept(arena);

    free_until(arena, NULL);
    arena->blocks = kept;
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
    }
}

/*
 * What the next block should offer: twice the last one's size where the ceiling allows, at least
 * `need`; 0 if it cannot.
 */
static size_t next_size(const struct arena *arena, size_t need)
{
    size_t left = arena->ceiling - arena->used;
    size_t size = arena->blocks != NULL ? arena->blocks->size * 2 : FIRST_BLOCK;

    if (left <= sizeof(struct arena_block) || left - sizeof(struct arena_block) < need)
        return 0;
    left -= sizeof(struct arena_block);
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size < need)
        size = need;
    return size < left ? size : left;
}

static struct arena_block *add_block(struct arena *arena, size_t need)
{
    size_t size = next_size(arena, need);
    struct arena_block *block;

    if (size == 0)
        return NULL;
    block = mem_resize(NULL, sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    arena->used += sizeof(*block) + size;
    return block;
}

/* `size` bytes as they are, at a multiple of `alignment`. */
static void *take(struct arena *arena, size_t size, size_t alignment)
{
    struct arena_block *block = arena->blocks;
    size_t start = 0;

    if (block != NULL)
        start = (block->used + alignment - 1) & ~(alignment - 1);
    if (block == NULL || start > block->size || block->size - start < size) {
        block = add_block(arena, size > 0 ? size : 1);
        start = 0;
    }
    if (block == NULL)
        return NULL;
    block->used = start + size;
    return block->bytes + start;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    void *memory;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    memory = take(arena, total, _Alignof(max_align_t));
    if (memory != NULL)
        memset(memory, 0, total);
    return memory;
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t len)
{
    char *copy = len < SIZE_MAX ? take(arena, len + 1, 1) : NULL;

    if (copy == NULL)
        return NULL;
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

void *arena_doubled(struct arena *arena, const void *array, size_t size, size_t *room)
{
    size_t more = *room > 0 ? 2 * *room : 64;
    void *larger = arena_alloc(arena, more, size);

    if (larger == NULL)
        return NULL;
    if (*room > 0)
        memcpy(larger, array, *room * size);
    *room = more;
    return larger;
}

struct span arena_span(struct arena *arena, struct span source)
{
    char *copy = arena_strndup(arena, source.ptr, source.len);

    return (struct span){copy, copy != NULL ? source.len : 0};
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = len >= 0 ? take(arena, (size_t)len + 1, 1) : NULL;
    if (text == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
