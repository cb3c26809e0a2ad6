/* Tests of JSON out. */
#include "base/json_write.h"

#include "base/clock.h"
#include "base/json_read.h"
#include "model_test.h"

static void commas_come_where_due(void **test)
{
    AUTO(buf_release) struct buf buf = BUF(10000);
    struct json_writer json = JSON_WRITER(&buf);
    (void)test;
    json_begin_object(&json);
    json_key(&json, "a");
    json_int(&json, 1);
    json_key(&json, "b");
    json_begin_array(&json);
    json_begin_object(&json);
    json_end_object(&json);
    json_begin_array(&json);
    json_end_array(&json);
    json_null(&json);
    json_bool(&json, true);
    json_bool(&json, false);
    json_end_array(&json);
    json_key(&json, "c");
    json_begin_object(&json);
    json_key(&json, "d");
    json_str(&json, "x");
    json_end_object(&json);
    json_key(&json, "e");
    json_raw(&json, span_of("[1,2]"));
    json_end_object(&json);
    assert_string_equal(buf.ptr,
                        "{\"a\":1,\"b\":[{},[],null,true,false],\"c\":{\"d\":\"x\"},\"e\":[1,2]}");
}

static void string_must_be(struct span text, const char *expected)
{
    AUTO(buf_release) struct buf buf = BUF(10000);
    struct json_writer json = JSON_WRITER(&buf);
    json_string(&json, text);
    assert_string_equal(buf.ptr, expected);
}

static void strings_are_escaped(void **test)
{
    (void)test;
    string_must_be((struct span){0}, "\"\"");
    string_must_be(span_of("plain"), "\"plain\"");
    string_must_be(span_of("\"\\/"), "\"\\\"\\\\/\"");
    string_must_be(span_of("\n\t\r\b\f"), "\"\\n\\t\\r\\b\\f\"");
    string_must_be((struct span){"\0\x01\x1f\x7f", 4}, "\"\\u0000\\u0001\\u001f\x7f\"");
    string_must_be(span_of("a\"b"), "\"a\\\"b\"");
    string_must_be(span_of("\"ab\""), "\"\\\"ab\\\"\"");
    string_must_be(span_of("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

/* Long runs are looked at several bytes at a time: wherever the odd byte is, it must be seen. */
static void every_byte_at_every_place(void **test)
{
    (void)test;
    for (unsigned i = 0; i < 20 * 256; i++) {
        AUTO(buf_release) struct buf buf = BUF(100), expected = BUF(100);
        struct json_writer json = JSON_WRITER(&buf), one = JSON_WRITER(&expected);
        char text[20], byte = (char)(i % 256);
        size_t at = i / 256;
        memset(text, '\xA9', sizeof(text));
        text[at] = byte;
        json_string(&json, (struct span){text, sizeof(text)});
        json_string(&one, (struct span){&byte, 1});
        assert_int_equal(buf.len, sizeof(text) - 1 + expected.len);
        assert_memory_equal(buf.ptr + 1 + at, expected.ptr + 1, expected.len - 2);
    }
}

static void int_must_be(int64_t value, const char *expected)
{
    AUTO(buf_release) struct buf buf = BUF(100);
    struct json_writer json = JSON_WRITER(&buf);
    json_int(&json, value);
    assert_string_equal(buf.ptr, expected);
}

static void numbers(void **test)
{
    (void)test;
    int_must_be(0, "0");
    int_must_be(-1, "-1");
    int_must_be(10, "10");
    int_must_be(INT64_MAX, "9223372036854775807");
    int_must_be(INT64_MIN, "-9223372036854775808");
}

static void ids_and_times(void **test)
{
    AUTO(buf_release) struct buf buf = BUF(1000);
    struct json_writer json = JSON_WRITER(&buf);
    struct uuid uuid = {{0xAB, 0xCD}};
    (void)test;
    json_begin_array(&json);
    json_uuid(&json, &uuid);
    json_time(&json, 0);
    json_end_array(&json);
    assert_string_equal(buf.ptr,
                        "[\"abcd0000-0000-0000-0000-000000000000\",\"1970-01-01T00:00:00.000Z\"]");
}

static void keys_with_their_values(void **test)
{
    AUTO(buf_release) struct buf buf = BUF(1000);
    struct json_writer json = JSON_WRITER(&buf);
    (void)test;
    json_begin_object(&json);
    json_int_at(&json, "i", -5);
    json_bool_at(&json, "b", true);
    json_time_at(&json, "t", 1);
    json_end_object(&json);
    assert_string_equal(buf.ptr, "{\"i\":-5,\"b\":true,\"t\":\"1970-01-01T00:00:00.001Z\"}");
}

static void failure_is_the_buffers(void **test)
{
    AUTO(buf_release) struct buf buf = BUF(5);
    struct json_writer json = JSON_WRITER(&buf);
    (void)test;
    json_begin_object(&json);
    json_key(&json, "key");
    json_int(&json, 1);
    json_end_object(&json);
    assert_true(buf_failed(&buf));
}

/* Every character below U+0800 but U+0000 comes back from the reader as it was. */
static void what_is_written_can_be_read(void **test)
{
    struct target {
        struct span text;
        bool given;
    } target = {0};
    static const struct json_field field = JSON_FIELD("s", JSON_SPAN, struct target, text, given);
    char text[4000];
    size_t len = 0;
    (void)test;
    for (unsigned point = 1; point < 0x800; point++) {
        if (point >= 0x80)
            text[len++] = (char)(0xC0 | point >> 6);
        text[len++] = (char)(point < 0x80 ? point : 0x80 | (point & 0x3F));
    }
    AUTO(buf_release) struct buf buf = BUF(10000);
    struct json_writer json = JSON_WRITER(&buf);
    json_begin_object(&json);
    json_key(&json, "s");
    json_string(&json, (struct span){text, len});
    json_end_object(&json);
    AUTO(json_free_at) struct json_value *root = json_parse(buf_span(&buf), NULL);
    assert_true(json_read_object(root, &field, 1, true, &target, NULL));
    assert_true(target.given && span_eq(target.text, (struct span){text, len}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_come_where_due),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(numbers),
        cmocka_unit_test(ids_and_times),
        cmocka_unit_test(keys_with_their_values),
        cmocka_unit_test(failure_is_the_buffers),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
