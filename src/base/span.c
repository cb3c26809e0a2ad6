/* A span: the operations too long to live in the header. */
#include "base/span.h"

static unsigned char lower(char byte)
{
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

bool span_is_nocase(struct span a, const char *text)
{
    struct span b = span_of(text);

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool span_cut(struct span *rest, char separator, struct span *ret_part)
{
    const char *end;

    if (rest->ptr == NULL)
        return false;
    end = rest->len > 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
    if (end == NULL) {
        *ret_part = *rest;
        *rest = (struct span){0};
        return true;
    }
    *ret_part = (struct span){rest->ptr, (size_t)(end - rest->ptr)};
    *rest = span_skip(*rest, ret_part->len + 1);
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct span span_trim(struct span a)
{
    while (a.len > 0 && is_blank(a.ptr[0]))
        a = span_skip(a, 1);
    while (a.len > 0 && is_blank(a.ptr[a.len - 1]))
        a.len--;
    return a;
}
