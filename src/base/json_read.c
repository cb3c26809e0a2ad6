/* JSON in: jansson behind our own limits, and objects read by a table. */
#include "base/json_read.h"

#include "base/clock.h"

#include <inttypes.h>
#include <jansson.h>

/* jansson spells these two as macros; here they are functions. */
#undef json_is_object
#undef json_is_array

enum { MAX_DEPTH = 32, MAX_VALUES = 1000000 };

/* `struct json_value` is a json_t; jansson's readers want it without const in places. */
static json_t *tree(const struct json_value *value)
{
    return (json_t *)(uintptr_t)value;
}

static struct json_value *value_of(json_t *json)
{
    return (struct json_value *)(void *)json;
}

/*
 * One pass over the bytes outside strings before anything is built, so that a hostile document
 * costs no more than reading it: nesting counts towards MAX_DEPTH, and brackets and commas (hence
 * values) towards MAX_VALUES. On text that is not JSON the counts are wrong only behind the place
 * where the parser will stop.
 */
static bool within_limits(struct span text, struct err *err)
{
    size_t depth = 0, values = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += byte == '\\';
        } else if (byte == '[' || byte == '{') {
            values++;
            if (++depth > MAX_DEPTH)
                return err_set(err, "the JSON is nested deeper than %d levels", MAX_DEPTH);
        } else if (byte == ']' || byte == '}') {
            depth -= depth > 0;
        } else if (byte == ',') {
            values++;
        }
    }
    if (values > MAX_VALUES)
        return err_set(err, "the JSON holds more than %d values", MAX_VALUES);
    return true;
}

/* Sentences of our own: jansson quotes the input, possibly in the middle of a character. */
static const char *reason(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return "there is not enough memory";
    case json_error_invalid_utf8:
        return "the text is not UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "more text follows the end";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a string holds the character U+0000";
    case json_error_duplicate_key:
        return "an object has the same key twice";
    case json_error_numeric_overflow:
        return "a number is too large";
    default:
        return "this is not what JSON allows here";
    }
}

struct json_value *json_parse(struct span text, struct err *err)
{
    json_error_t error;
    json_t *root;

    if (!within_limits(text, err))
        return NULL;
    root = json_loadb(text.len > 0 ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        err_set(err, "not valid JSON: line %d, column %d: %s", error.line, error.column,
                reason(&error));
    return value_of(root);
}

void json_free(struct json_value *value)
{
    json_decref(tree(value));
}

void json_free_at(struct json_value **variable)
{
    json_free(*variable);
}

bool json_is_object(const struct json_value *value)
{
    return value != NULL && json_typeof(tree(value)) == JSON_OBJECT;
}

bool json_is_array(const struct json_value *value)
{
    return value != NULL && json_typeof(tree(value)) == JSON_ARRAY;
}

size_t json_length(const struct json_value *array)
{
    return json_array_size(tree(array));
}

const struct json_value *json_item(const struct json_value *array, size_t index)
{
    return value_of(json_array_get(tree(array), index));
}

static struct span dump(struct arena *arena, const json_t *json, size_t flags)
{
    size_t len = json_dumpb(json, NULL, 0, flags);
    char *text = len > 0 ? arena_alloc(arena, len + 1, 1) : NULL;

    if (text == NULL || json_dumpb(json, text, len, flags) != len)
        return (struct span){0};
    return (struct span){text, len};
}

/* Whether a real number is among the value's own parts; at most MAX_DEPTH levels deep. */
static bool has_real(json_t *json)
{
    const char *key;
    json_t *part;
    size_t i;

    json_object_foreach (json, key, part) {
        if (has_real(part))
            return true;
    }
    json_array_foreach (json, i, part) {
        if (has_real(part))
            return true;
    }
    return json_is_real(json);
}

/* Whether the text reads back as exactly this value. */
static bool spells(struct span text, const json_t *json)
{
    json_t *back = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL);
    bool same = back != NULL && json_equal(back, json);

    json_decref(back);
    return same;
}

/*
 * Seventeen digits keep every real number but make 0.10000000000000001 of 0.1. Fifteen give back
 * what people and programs wrote in nearly every document, so they come first and stay when nothing
 * was lost.
 */
struct span json_dump(struct arena *arena, const struct json_value *value)
{
    static const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;

    if (has_real(tree(value))) {
        struct span text = dump(arena, tree(value), flags | JSON_REAL_PRECISION(15));
        if (text.ptr == NULL || spells(text, tree(value)))
            return text;
    }
    return dump(arena, tree(value), flags);
}

static struct span string_of(const json_t *json)
{
    return (struct span){json_string_value(json), json_string_length(json)};
}

bool json_text(const struct json_value *value, struct span *ret_text)
{
    if (!json_is_string(tree(value)))
        return false;
    *ret_text = string_of(tree(value));
    return true;
}

static bool read_span(const json_t *json, const struct json_field *field, void *ret,
                      struct err *err)
{
    if (!json_is_string(json))
        return err_set(err, "%s must be a string", field->name);
    *(struct span *)ret = string_of(json);
    return true;
}

/* An integer, or a real without a fraction that int64_t can hold. */
static bool integral(const json_t *json, int64_t *ret_value)
{
    static const double limit = 9223372036854775808.0; /* 2 to the 63rd */
    double real = json_real_value(json);

    if (json_is_integer(json)) {
        *ret_value = json_integer_value(json);
        return true;
    }
    /* The range comes first: converting a real beyond it is undefined. */
    if (!json_is_real(json) || real < -limit || real >= limit || (double)(int64_t)real != real)
        return false;
    *ret_value = (int64_t)real;
    return true;
}

static bool read_int(const json_t *json, const struct json_field *field, void *ret, struct err *err)
{
    bool bounded = field->min != 0 || field->max != 0;
    int64_t value;

    if (!integral(json, &value))
        return err_set(err, "%s must be an integer", field->name);
    if (bounded && (value < field->min || value > field->max))
        return err_set(err, "%s must be within %" PRId64 "..%" PRId64, field->name, field->min,
                       field->max);
    *(int64_t *)ret = value;
    return true;
}

static bool read_bool(const json_t *json, const struct json_field *field, void *ret,
                      struct err *err)
{
    if (!json_is_boolean(json))
        return err_set(err, "%s must be true or false", field->name);
    *(bool *)ret = json_is_true(json);
    return true;
}

static bool read_uuid(const json_t *json, const struct json_field *field, void *ret,
                      struct err *err)
{
    if (!json_is_string(json) || !uuid_parse(string_of(json), ret))
        return err_set(err, "%s must be a UUID", field->name);
    return true;
}

static bool read_time(const json_t *json, const struct json_field *field, void *ret,
                      struct err *err)
{
    if (!json_is_string(json) || !clock_parse(string_of(json), ret))
        return err_set(err, "%s must be a time such as 2026-01-31T12:00:00Z", field->name);
    return true;
}

static bool read_field(const json_t *json, const struct json_field *field, void *ret,
                       struct err *err)
{
    switch (field->kind) {
    case JSON_SPAN:
        return read_span(json, field, ret, err);
    case JSON_INT:
        return read_int(json, field, ret, err);
    case JSON_BOOL:
        return read_bool(json, field, ret, err);
    case JSON_UUID:
        return read_uuid(json, field, ret, err);
    case JSON_TIME:
        return read_time(json, field, ret, err);
    case JSON_ANY:
        *(const json_t **)ret = json;
        return true;
    }
    return false;
}

static bool is_known(const char *key, const struct json_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, fields[i].name) == 0)
            return true;
    }
    return false;
}

static bool all_known(json_t *object, const struct json_field *fields, size_t count,
                      struct err *err)
{
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        if (!is_known(key, fields, count))
            return err_set(err, "unknown field: %s", key);
    }
    return true;
}

bool json_read_object(const struct json_value *object, const struct json_field *fields,
                      size_t count, bool strict, void *target, struct err *err)
{
    if (!json_is_object(object))
        return err_set(err, "a JSON object is expected");
    for (size_t i = 0; i < count; i++) {
        const struct json_field *field = &fields[i];
        const json_t *json = json_object_get(tree(object), field->name);
        bool given = json != NULL && !json_is_null(json);
        *(bool *)(void *)((char *)target + field->present) = given;
        if (given && !read_field(json, field, (char *)target + field->offset, err))
            return false;
    }
    return !strict || all_known(tree(object), fields, count, err);
}
