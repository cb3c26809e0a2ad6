/* Text: UTF-8 checked by hand, case folded by utf8proc. */
#include "base/text.h"

#include "base/mem.h"
#include "base/scope.h"

#include <utf8proc.h>

/*
 * The shape of a sequence by its lead byte: its length, the lead's own bits, and the least point it
 * may spell.
 */
static size_t sequence_length(unsigned char lead, uint32_t *ret_bits, uint32_t *ret_least)
{
    if (lead < 0x80) {
        *ret_bits = lead;
        *ret_least = 0;
        return 1;
    }
    if (lead >= 0xC0 && lead < 0xE0) {
        *ret_bits = lead & 0x1FU;
        *ret_least = 0x80;
        return 2;
    }
    if (lead >= 0xE0 && lead < 0xF0) {
        *ret_bits = lead & 0x0FU;
        *ret_least = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead < 0xF8) {
        *ret_bits = lead & 0x07U;
        *ret_least = 0x10000;
        return 4;
    }
    return 0;
}

size_t text_decode(struct span text, uint32_t *ret_point)
{
    uint32_t point, least;
    size_t len;

    if (text.len == 0)
        return 0;
    len = sequence_length((unsigned char)text.ptr[0], &point, &least);
    if (len == 0 || len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if ((byte & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (byte & 0x3FU);
    }
    if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    *ret_point = point;
    return len;
}

static bool allowed(uint32_t point, enum text_controls controls)
{
    bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);

    switch (controls) {
    case TEXT_NO_CONTROLS:
        return !control;
    case TEXT_TAB_AND_NEWLINE:
        return !control || point == '\t' || point == '\n';
    case TEXT_ANY:
        return true;
    }
    return false;
}

bool text_check(struct span text, enum text_controls controls, size_t *ret_points)
{
    size_t points = 0;

    for (; text.len > 0; points++) {
        uint32_t point;
        size_t len = text_decode(text, &point);
        if (len == 0 || !allowed(point, controls))
            return false;
        text = span_skip(text, len);
    }
    if (ret_points != NULL)
        *ret_points = points;
    return true;
}

size_t text_step(struct span text)
{
    unsigned char lead = (unsigned char)text.ptr[0];

    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static bool is_ascii(struct span text)
{
    unsigned char all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

static struct span fold_ascii(struct arena *arena, struct span text)
{
    char *copy = arena_strndup(arena, text.ptr, text.len);

    if (copy == NULL)
        return (struct span){0};
    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] + ('a' - 'A'));
    }
    return (struct span){copy, text.len};
}

struct span text_fold(struct arena *arena, struct span text)
{
    static const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text.ptr;
    AUTO(mem_free_at) utf8proc_int32_t *points = NULL;
    utf8proc_ssize_t count, len;

    if (is_ascii(text))
        return fold_ascii(arena, text);
    count = utf8proc_decompose(bytes, (utf8proc_ssize_t)text.len, NULL, 0, options);
    if (count < 0)
        return (struct span){0};
    /*
     * The points are replaced in place by their UTF-8, for whose NUL utf8proc wants one byte more.
     * They take up to four times its room, and so are not to stay in the arena.
     */
    points = mem_alloc((size_t)count + 1, sizeof(*points));
    if (points == NULL)
        return (struct span){0};
    utf8proc_decompose(bytes, (utf8proc_ssize_t)text.len, points, count, options);
    len = utf8proc_reencode(points, count, options);
    if (len < 0)
        return (struct span){0};
    return arena_span(arena, (struct span){(const char *)points, (size_t)len});
}
