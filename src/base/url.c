/* Percent-encoding and form pairs, decoded into an arena. */
#include "base/url.h"

#include "base/parse.h"
#include "base/text.h"

static bool needs_decoding(struct span source, bool plus_is_space)
{
    if (source.len == 0)
        return false;
    return memchr(source.ptr, '%', source.len) != NULL ||
           (plus_is_space && memchr(source.ptr, '+', source.len) != NULL);
}

/* The byte that the two digits after a `%` at the front of `rest` spell; -1 when they do not. */
static int escaped_byte(struct span rest)
{
    int high, low;

    if (rest.len < 3)
        return -1;
    high = parse_hex_digit(rest.ptr[1]);
    low = parse_hex_digit(rest.ptr[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/*
 * Writes what `source` spells to `out`, which has room for as many bytes, and the length to
 * `ret_len`.
 */
static bool decode(struct span source, bool plus_is_space, char *out, size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < source.len; i++) {
        char byte = source.ptr[i];
        if (byte == '%') {
            int value = escaped_byte(span_skip(source, i));
            if (value < 0)
                return false;
            byte = (char)value;
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        out[len++] = byte;
    }
    *ret_len = len;
    return true;
}

static bool check(struct span text, struct err *err)
{
    if (!text_check(text, TEXT_ANY, NULL))
        return err_set(err, "percent-decoded text is not valid UTF-8");
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
        return err_set(err, "percent-decoded text holds the character U+0000");
    return true;
}

bool url_decode(struct arena *arena, struct span source, bool plus_is_space, struct span *ret_text,
                struct err *err)
{
    struct span text = source;

    if (needs_decoding(source, plus_is_space)) {
        char *out = arena_strndup(arena, source.ptr, source.len);
        if (out == NULL)
            return err_set(err, "not enough memory to decode the URL");
        if (!decode(source, plus_is_space, out, &text.len))
            return err_set(err, "a %% in the URL is not followed by two hexadecimal digits");
        out[text.len] = '\0';
        text.ptr = out;
    }
    if (!check(text, err))
        return false;
    *ret_text = text;
    return true;
}

bool url_next_pair(struct arena *arena, struct span *query, struct span *ret_key,
                   struct span *ret_value, struct err *err)
{
    struct span pair = {0}, key, value;

    if (err != NULL)
        err->text[0] = '\0';
    while (pair.len == 0) {
        if (!span_cut(query, '&', &pair))
            return false;
    }
    span_cut(&pair, '=', &key);
    /* Without a `=` nothing is left, not even a pointer; callers get an empty text all the same. */
    value = pair.ptr != NULL ? pair : (struct span)SPAN("");
    if (!url_decode(arena, key, true, &key, err) || !url_decode(arena, value, true, &value, err))
        return false;
    *ret_key = key;
    *ret_value = value;
    return true;
}
