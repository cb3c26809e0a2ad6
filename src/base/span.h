/* A span: bytes somebody else owns, with their length; not NUL-terminated. */
#ifndef JOBD_BASE_SPAN_H
#define JOBD_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *ptr;
    size_t len;
};

/* A span over a string literal, usable in static initialisers. */
#define SPAN(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* The span of a NUL-terminated string; NULL gives the empty span. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, text != NULL ? strlen(text) : 0};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* By bytes, which for UTF-8 is by code points: negative, zero, positive. */
static inline int span_compare(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool span_is(struct span a, const char *text)
{
    return span_eq(a, span_of(text));
}

/* Case-insensitive for ASCII letters, independent of the locale. */
bool span_is_nocase(struct span a, const char *text);

static inline bool span_starts(struct span a, const char *prefix)
{
    size_t len = strlen(prefix);
    return len == 0 || (a.len >= len && memcmp(a.ptr, prefix, len) == 0);
}

/* What is left of `a` after its first `count` bytes; `count` must not exceed the length. */
static inline struct span span_skip(struct span a, size_t count)
{
    return count == 0 ? a : (struct span){a.ptr + count, a.len - count};
}

/*
 * Cuts the part before the first `separator` off the front of `rest` into `ret_part` (the whole
 * rest when there is no separator). Returns false once nothing is left; a trailing separator yields
 * one last empty part, and so does a text that is empty from the start (a span with ptr NULL yields
 * none).
 */
bool span_cut(struct span *rest, char separator, struct span *ret_part);

/* Without leading and trailing spaces and tabs. */
struct span span_trim(struct span a);

#endif
