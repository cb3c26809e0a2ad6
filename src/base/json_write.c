/* JSON out: commas where due, and strings copied in runs between escapes. */
#include "base/json_write.h"

#include "base/clock.h"

#include <string.h>

static void open_with(struct json_writer *json, char bracket)
{
    char *room = json_room(json, 1);

    json->comma = false;
    if (room == NULL)
        return;
    *room = bracket;
    json_wrote(json, 1);
}

static void close_with(struct json_writer *json, char bracket)
{
    buf_add_char(json->buf, bracket);
    json->comma = true;
}

void json_begin_object(struct json_writer *json)
{
    open_with(json, '{');
}

void json_end_object(struct json_writer *json)
{
    close_with(json, '}');
}

void json_begin_array(struct json_writer *json)
{
    open_with(json, '[');
}

void json_end_array(struct json_writer *json)
{
    close_with(json, ']');
}

/* Room for `len` bytes that need no escape, behind a quote; NULL: failed. */
static inline char *open_quotes(struct json_writer *json, size_t len)
{
    char *room = json_room(json, len + 2);

    if (room == NULL)
        return NULL;
    *room = '"';
    return room + 1;
}

static inline void close_quotes(struct json_writer *json, size_t len)
{
    json->buf->ptr[json->buf->len + len + 1] = '"';
    json_wrote(json, len + 2);
}

static void add_quoted(struct json_writer *json, struct span text)
{
    char *room = open_quotes(json, text.len);

    if (room == NULL)
        return;
    if (text.len > 0)
        memcpy(room, text.ptr, text.len);
    close_quotes(json, text.len);
}

void json_word(struct json_writer *json, const char *word)
{
    add_quoted(json, span_of(word));
}

/* The letter of a two-character escape; 0 for a control that has none. */
static char short_escape(char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return byte;
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    default:
        return 0;
    }
}

static void add_escape(struct buf *buf, char byte)
{
    static const char HEX[] = "0123456789abcdef";
    char letter = short_escape(byte);

    if (letter != 0)
        buf_add(buf, (const char[]){'\\', letter}, 2);
    else
        buf_add(buf, (const char[]){'\\', 'u', '0', '0', HEX[byte >> 4 & 15], HEX[byte & 15]}, 6);
}

/* A table, because every byte of many texts is asked. */
static const bool NEEDS_ESCAPE[256] = {[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true};

/* A byte in each of a word's eight. */
static uint64_t eight(uint8_t byte)
{
    return UINT64_C(0x0101010101010101) * byte;
}

/* The top bit of the lowest byte below `limit`, if there is one; above it there may be more. */
static uint64_t below(uint64_t word, uint8_t limit)
{
    return (word - eight(limit)) & ~word & eight(0x80);
}

static bool word_needs_escape(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return (below(word, 0x20) | below(word ^ eight('"'), 1) | below(word ^ eight('\\'), 1)) != 0;
}

/* Up to the first byte that needs an escape; eight at a time while none does. */
static size_t plain_run(struct span text)
{
    size_t len = 0;

    while (text.len - len >= sizeof(uint64_t) && !word_needs_escape(text.ptr + len))
        len += sizeof(uint64_t);
    while (len < text.len && !NEEDS_ESCAPE[(unsigned char)text.ptr[len]])
        len++;
    return len;
}

/* With the first escape at `run`. */
static void add_escaped(struct buf *buf, struct span text, size_t run)
{
    while (run < text.len) {
        buf_add(buf, text.ptr, run);
        add_escape(buf, text.ptr[run]);
        text = span_skip(text, run + 1);
        run = plain_run(text);
    }
    buf_add(buf, text.ptr, run);
}

void json_string(struct json_writer *json, struct span text)
{
    size_t run = plain_run(text);

    if (run == text.len) {
        add_quoted(json, text);
        return;
    }
    open_with(json, '"');
    add_escaped(json->buf, text, run);
    close_with(json, '"');
}

void json_str(struct json_writer *json, const char *text)
{
    json_string(json, span_of(text));
}

void json_int(struct json_writer *json, int64_t value)
{
    char text[20];
    size_t at = sizeof(text);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    json_raw(json, (struct span){text + at, sizeof(text) - at});
}

void json_bool(struct json_writer *json, bool value)
{
    json_raw(json, span_of(value ? "true" : "false"));
}

void json_null(struct json_writer *json)
{
    json_raw(json, span_of("null"));
}

void json_uuid(struct json_writer *json, const struct uuid *uuid)
{
    char *room = open_quotes(json, UUID_TEXT_SIZE - 1);

    if (room == NULL)
        return;
    uuid_format(uuid, room);
    close_quotes(json, UUID_TEXT_SIZE - 1);
}

void json_time(struct json_writer *json, int64_t ms)
{
    char *room = open_quotes(json, CLOCK_TEXT_SIZE - 1);

    if (room == NULL)
        return;
    clock_format(ms, room);
    close_quotes(json, CLOCK_TEXT_SIZE - 1);
}

void json_raw(struct json_writer *json, struct span text)
{
    char *room = json_room(json, text.len);

    if (room == NULL)
        return;
    if (text.len > 0)
        memcpy(room, text.ptr, text.len);
    json_wrote(json, text.len);
}
