/* A growing byte buffer with a ceiling that remembers its first failure. */
#ifndef JOBD_BASE_BUF_H
#define JOBD_BASE_BUF_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Append as often as you like and ask buf_failed() once at the end: after the first failure
 * (ceiling reached, no memory) every append does nothing. The bytes are always followed by a NUL
 * that does not count. One thread at a time.
 */
struct buf {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t ceiling;
    bool failed;
};

/* An empty buffer that never holds more than `limit` bytes. */
#define BUF(limit)                                                                                 \
    {                                                                                              \
        .ceiling = (limit)                                                                         \
    }

/* Frees the memory; the buffer is empty then and can be used again. */
void buf_release(struct buf *buf);

/* Empties and forgives a failure; keeps the memory. */
void buf_clear(struct buf *buf);

/* All of the bytes or, at the ceiling, none of them. */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_span(struct buf *buf, struct span span);
void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Private to buf_room: the way that allocates, or fails. */
char *buf_grow(struct buf *buf, size_t len);

/*
 * Room for at least `len` more bytes (and a NUL) at ptr + len, to be filled by the caller, who then
 * raises `buf->len`; NULL (and failed) when there is none.
 */
static inline char *buf_room(struct buf *buf, size_t len)
{
    if (!buf->failed && len < buf->capacity - buf->len)
        return buf->ptr + buf->len;
    return buf_grow(buf, len);
}

static inline bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}

static inline struct span buf_span(const struct buf *buf)
{
    return (struct span){buf->ptr, buf->len};
}

/*
 * Hands the bytes (allocated by base/mem.h, NUL-terminated) to the caller and empties the buffer;
 * NULL and 0 when it was empty or had failed. `ret_len` may be NULL.
 */
char *buf_take(struct buf *buf, size_t *ret_len);

#endif
