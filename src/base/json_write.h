/* JSON out: written straight into a buffer, commas and escapes taken care of. */
#ifndef JOBD_BASE_JSON_WRITE_H
#define JOBD_BASE_JSON_WRITE_H

#include "base/buf.h"
#include "base/span.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * jansson has functions of some of these names: ours must never take their place inside shared
 * libraries.
 */
#pragma GCC visibility push(hidden)

/*
 * json_key() before each value inside an object; nothing before elements of an array. The writer
 * only keeps whether a comma is due; nesting is the caller's care. Failure is the buffer's. Strings
 * must be valid UTF-8.
 */
struct json_writer {
    struct buf *buf;
    bool comma;
};

#define JSON_WRITER(buffer)                                                                        \
    {                                                                                              \
        .buf = (buffer)                                                                            \
    }

/* Private to the functions that write: room for `len` bytes, behind the comma if one is due. */
static inline char *json_room(struct json_writer *json, size_t len)
{
    char *room = buf_room(json->buf, len + json->comma);

    if (room == NULL)
        return NULL;
    if (json->comma) {
        *room++ = ',';
        json->buf->len++;
    }
    json->comma = true;
    return room;
}

/* Private as well: says that the `len` bytes are there. */
static inline void json_wrote(struct json_writer *json, size_t len)
{
    json->buf->len += len;
    json->buf->ptr[json->buf->len] = '\0';
}

void json_begin_object(struct json_writer *json);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json);
void json_end_array(struct json_writer *json);

/* A word of our own, that needs no escape. Inline so that a literal's length and its copying are
 * the compiler's work: half of what a job is on the wire are keys. */
__attribute__((always_inline)) static inline void json_key(struct json_writer *json,
                                                           const char *key)
{
    struct span word = span_of(key);
    char *room = json_room(json, word.len + 3);

    json->comma = false;
    if (room == NULL)
        return;
    room[0] = '"';
    memcpy(room + 1, word.ptr, word.len);
    room[word.len + 1] = '"';
    room[word.len + 2] = ':';
    json_wrote(json, word.len + 3);
}

/* A value that, like a key, is a word of our own. */
void json_word(struct json_writer *json, const char *word);

void json_string(struct json_writer *json, struct span text);
void json_str(struct json_writer *json, const char *text);
void json_int(struct json_writer *json, int64_t value);
void json_bool(struct json_writer *json, bool value);
void json_null(struct json_writer *json);
void json_uuid(struct json_writer *json, const struct uuid *uuid);
/* RFC 3339 with milliseconds and Z. */
void json_time(struct json_writer *json, int64_t ms);
/* A value that is JSON already. */
void json_raw(struct json_writer *json, struct span text);

/* A key with its value. */
static inline void json_int_at(struct json_writer *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}

static inline void json_bool_at(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}

static inline void json_time_at(struct json_writer *json, const char *key, int64_t ms)
{
    json_key(json, key);
    json_time(json, ms);
}

#pragma GCC visibility pop

#endif
