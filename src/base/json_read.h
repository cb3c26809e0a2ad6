/* JSON in: strict parsing into a tree, and objects read field by field by a table. */
#ifndef JOBD_BASE_JSON_READ_H
#define JOBD_BASE_JSON_READ_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A parsed document (jansson behind it). Strict: UTF-8, no duplicate keys, no trailing bytes, no
 * U+0000 in strings, at most 32 levels and a million values, numbers within int64 or finite double,
 * and the whole is an object or an array. Any thread, but one document belongs to one thread at a
 * time. Values borrowed from a document die with it.
 */
struct json_value;

/*
 * NULL, with a sentence that gives line and column, when `text` is not such a document. Freed by
 * json_free.
 */
struct json_value *json_parse(struct span text, struct err *err);
/* NULL is fine. */
void json_free(struct json_value *value);
/* For AUTO(json_free_at). */
void json_free_at(struct json_value **variable);

bool json_is_object(const struct json_value *value);
bool json_is_array(const struct json_value *value);
/* 0 and NULL when it is no array, or for an index beyond its end. */
size_t json_length(const struct json_value *array);
const struct json_value *json_item(const struct json_value *array, size_t index);

/* The text of a string, borrowed from the document; false when the value is none. */
bool json_text(const struct json_value *value, struct span *ret_text);

/* The compact text of any value in `arena`; ptr NULL without memory. */
struct span json_dump(struct arena *arena, const struct json_value *value);

/* What a field may be, and the type each is written to. A JSON null counts as absent. */
enum json_kind {
    JSON_SPAN, /* string           -> struct span, borrowed from the document */
    JSON_INT, /* integral number  -> int64_t, within min..max (1.0 counts, 1.5 does not) */
    JSON_BOOL, /* true, false      -> bool */
    JSON_UUID, /* string           -> struct uuid */
    JSON_TIME, /* RFC 3339 string  -> int64_t milliseconds */
    JSON_ANY, /* anything         -> const struct json_value *, borrowed */
};

struct json_field {
    const char *name;
    enum json_kind kind;
    int64_t min, max; /* for JSON_INT; both 0: no bounds */
    size_t offset; /* of the value in the target structure */
    size_t present; /* of a bool there that says whether the field was given */
};

#define JSON_FIELD(key, field_kind, type, member, given)                                           \
    {                                                                                              \
        .name = (key), .kind = (field_kind), .offset = offsetof(type, member),                     \
        .present = offsetof(type, given)                                                           \
    }

#define JSON_FIELD_INT(key, type, member, given, low, high)                                        \
    {                                                                                              \
        .name = (key), .kind = JSON_INT, .min = (low), .max = (high),                              \
        .offset = offsetof(type, member), .present = offsetof(type, given)                         \
    }

/*
 * Reads the fields named in `fields` from `object` into `target`, where an absent field leaves its
 * value as it was. A field of the wrong kind is an error that names it; so is an unknown one when
 * `strict`. False also when `object` is not an object. After an error `target` may be partly
 * filled.
 */
bool json_read_object(const struct json_value *object, const struct json_field *fields,
                      size_t count, bool strict, void *target, struct err *err);

#endif
