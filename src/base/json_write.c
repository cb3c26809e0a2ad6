/* JSON out: commas where due, and strings copied in runs between escapes. */
#include "base/json_write.h"

#include "base/clock.h"

#include <string.h>

/* What comes before any value or key: the comma that the one before it left due. */
static void begin(struct json_writer *json)
{
    if (json->comma)
        buf_add_char(json->buf, ',');
    json->comma = true;
}

static void open_with(struct json_writer *json, char bracket)
{
    begin(json);
    buf_add_char(json->buf, bracket);
    json->comma = false;
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

/* `text` in quotes and then `tail`, for what is known to need no escape. */
static void add_quoted(struct buf *buf, struct span text, struct span tail)
{
    char *room = buf_room(buf, text.len + 2 + tail.len);

    if (room == NULL)
        return;
    *room++ = '"';
    if (text.len > 0)
        memcpy(room, text.ptr, text.len);
    room += text.len;
    *room++ = '"';
    memcpy(room, tail.ptr, tail.len);
    room[tail.len] = '\0';
    buf->len += text.len + 2 + tail.len;
}

static const struct span NOTHING = SPAN(""), COLON = SPAN(":");

void json_key(struct json_writer *json, const char *key)
{
    begin(json);
    add_quoted(json->buf, span_of(key), COLON);
    json->comma = false;
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

/* A table, because every byte of every text is asked. */
static const bool NEEDS_ESCAPE[256] = {[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true};

/* Up to the first byte that needs an escape. */
static size_t plain_run(struct span text)
{
    size_t len = 0;

    while (len < text.len && !NEEDS_ESCAPE[(unsigned char)text.ptr[len]])
        len++;
    return len;
}

void json_string(struct json_writer *json, struct span text)
{
    size_t run = plain_run(text);

    begin(json);
    if (run == text.len) {
        add_quoted(json->buf, text, NOTHING);
        return;
    }
    buf_add_char(json->buf, '"');
    while (run < text.len) {
        buf_add(json->buf, text.ptr, run);
        add_escape(json->buf, text.ptr[run]);
        text = span_skip(text, run + 1);
        run = plain_run(text);
    }
    buf_add(json->buf, text.ptr, run);
    buf_add_char(json->buf, '"');
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

    begin(json);
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    buf_add(json->buf, text + at, sizeof(text) - at);
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
    char text[UUID_TEXT_SIZE];

    uuid_format(uuid, text);
    begin(json);
    add_quoted(json->buf, (struct span){text, UUID_TEXT_SIZE - 1}, NOTHING);
}

void json_time(struct json_writer *json, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(ms, text);
    begin(json);
    add_quoted(json->buf, (struct span){text, CLOCK_TEXT_SIZE - 1}, NOTHING);
}

void json_raw(struct json_writer *json, struct span text)
{
    begin(json);
    buf_add_span(json->buf, text);
}
