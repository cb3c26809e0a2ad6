/* A growing byte buffer: doubling under a ceiling, deaf after its first failure. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

static const size_t FIRST_CAPACITY = 256;

void buf_release(struct buf *buf)
{
    mem_free(buf->ptr);
    *buf = (struct buf){.ceiling = buf->ceiling};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

/* The capacity to grow to for `need` bytes and the NUL: doubled, but not past the ceiling. */
static size_t grown(const struct buf *buf, size_t need)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;

    while (capacity <= need && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    if (capacity - 1 > buf->ceiling)
        capacity = buf->ceiling + 1;
    return capacity > need ? capacity : need + 1;
}

char *buf_grow(struct buf *buf, size_t len)
{
    size_t capacity;
    char *ptr;

    if (buf->failed)
        return NULL;
    buf->failed = true;
    if (len >= SIZE_MAX - buf->len || buf->len + len > buf->ceiling)
        return NULL;
    capacity = grown(buf, buf->len + len);
    ptr = mem_resize(buf->ptr, capacity);
    if (ptr == NULL)
        return NULL;
    buf->ptr = ptr;
    buf->capacity = capacity;
    buf->failed = false;
    return ptr + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    char *room = len > 0 ? buf_room(buf, len) : NULL;

    if (room == NULL)
        return;
    memcpy(room, bytes, len);
    room[len] = '\0';
    buf->len += len;
}

void buf_add_span(struct buf *buf, struct span span)
{
    buf_add(buf, span.ptr, span.len);
}

void buf_add_str(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char byte)
{
    char *room = buf_room(buf, 1);

    if (room == NULL)
        return;
    room[0] = byte;
    room[1] = '\0';
    buf->len++;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        buf->failed = true;
    if (len < 0 || buf_room(buf, (size_t)len) == NULL)
        return;
    va_start(args, format);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

char *buf_take(struct buf *buf, size_t *ret_len)
{
    char *ptr = buf->ptr;
    bool empty = buf->failed || buf->len == 0;

    if (ret_len != NULL)
        *ret_len = empty ? 0 : buf->len;
    if (empty) {
        buf_release(buf);
        return NULL;
    }
    ptr[buf->len] = '\0';
    *buf = (struct buf){.ceiling = buf->ceiling};
    return ptr;
}
