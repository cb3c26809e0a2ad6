/* Tests of JSON in: what is a document, and objects read by a table. */
#include "base/json_read.h"

#include "model_test.h"

static int set_up(void **test)
{
    static struct arena arena;
    arena_init(&arena, 64 * 1024 * 1024);
    *test = &arena;
    return 0;
}

static int tear_down(void **test)
{
    arena_release(*test);
    return 0;
}

static void accepts(struct span text)
{
    struct err err = {0};
    AUTO(json_free_at) struct json_value *root = json_parse(text, &err);
    if (root == NULL)
        fail_msg("%.*s: %s", (int)text.len, text.ptr, err.text);
}

static void refuses(struct span text, const char *because)
{
    struct err err = {0};
    AUTO(json_free_at) struct json_value *root = json_parse(text, &err);
    if (root != NULL)
        fail_msg("%.*s is accepted", (int)text.len, text.ptr);
    assert_sentence(&err, because);
}

static void documents(void **test)
{
    (void)test;
    accepts(span_of("{}"));
    accepts(span_of("[]"));
    accepts(span_of(" \t\r\n{\"a\" : [1, -0, 2.5e3, true, false, null, \"\\u00e9\\/\"]} \n"));
    accepts(span_of("[\"\\ud83d\\ude00\", \"\xF0\x9F\x98\x80\"]"));
    accepts((struct span){"{}x", 2});
}

static void what_is_no_document(void **test)
{
    static const char *const wrong[] = {
        "null",  "1",      "\"a\"",    "{'a':1}",        "{a:1}",       "{\"a\":1,}",
        "[1,]",  "[,1]",   "{\"a\"}",  "[1 2]",          "[01]",        "[+1]",
        "[.5]",  "[1.]",   "[0x1]",    "[NaN]",          "[Infinity]",  "[-]",
        "[1e]",  "[True]", "[\"\t\"]", "[\"\\x41\"]",    "[\"\\u12\"]", "/**/[]",
        "[] //", "]",      "}",        "\xEF\xBB\xBF{}",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        refuses(span_of(wrong[i]), "not valid JSON: line 1, column ");
}

static void reasons_are_given(void **test)
{
    (void)test;
    refuses((struct span){0}, "not valid JSON");
    refuses(span_of("[1"), "ends too early");
    refuses(span_of("{\"a\":"), "ends too early");
    refuses(span_of("{}{}"), "more text follows");
    refuses(span_of("[1]\n]"), "more text follows");
    refuses((struct span){"{}\0", 3}, "not valid JSON");
    refuses(span_of("[\n1,\n2 3]"), "line 3, column 3");
}

static void duplicate_keys_are_refused(void **test)
{
    (void)test;
    refuses(span_of("{\"a\":1,\"a\":1}"), "same key twice");
    refuses(span_of("{\"a\":1,\"\\u0061\":2}"), "same key twice");
    refuses(span_of("[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]"), "same key twice");
    accepts(span_of("{\"a\":{\"a\":1},\"A\":2}"));
}

static void text_is_utf8_without_nul(void **test)
{
    (void)test;
    refuses(span_of("[\"\\u0000\"]"), "U+0000");
    refuses(span_of("{\"\\u0000\":1}"), "U+0000");
    refuses((struct span){"[\"a\0b\"]", 7}, "not valid JSON");
    refuses(span_of("[\"\xFF\"]"), "UTF-8");
    refuses(span_of("[\"\xC0\x80\"]"), "UTF-8");
    refuses(span_of("[\"\xED\xA0\x80\"]"), "UTF-8");
    refuses(span_of("[\"\xF4\x90\x80\x80\"]"), "UTF-8");
    refuses(span_of("[\"\xC3\"]"), "not valid JSON");
    refuses(span_of("[\"\\ud800\"]"), "not valid JSON");
    refuses(span_of("[\"\\udc00\\ud800\"]"), "not valid JSON");
}

static void numbers_have_bounds(void **test)
{
    (void)test;
    accepts(span_of("[9223372036854775807,-9223372036854775808,1e308,1e-999]"));
    refuses(span_of("[9223372036854775808]"), "number is too large");
    refuses(span_of("[-9223372036854775809]"), "number is too large");
    refuses(span_of("[1e999]"), "number is too large");
    refuses(span_of("[-1e999]"), "number is too large");
}

static struct span nested(struct arena *arena, const char *open, const char *close, size_t depth)
{
    struct span opening = repeat(arena, open, depth), closing = repeat(arena, close, depth);
    return span_of(
        arena_printf(arena, "%s%s%s", opening.ptr, open[0] == '{' ? "1" : "", closing.ptr));
}

static void depth_ends_at_32(void **test)
{
    accepts(nested(*test, "[", "]", 32));
    refuses(nested(*test, "[", "]", 33), "deeper than 32");
    accepts(nested(*test, "{\"a\":", "}", 32));
    refuses(nested(*test, "{\"a\":", "}", 33), "deeper than 32");
    /* Side by side is not deep, and brackets in strings are text. */
    accepts(span_of(arena_printf(*test, "[%s[]]", repeat(*test, "[[]],", 1000).ptr)));
    accepts(span_of(arena_printf(*test, "[\"%s\"]", repeat(*test, "[{", 1000).ptr)));
    accepts(span_of(arena_printf(*test, "[\"\\\"%s\\\\\"]", repeat(*test, "[", 1000).ptr)));
}

static void hostile_depth_costs_nothing(void **test)
{
    refuses(repeat(*test, "[", 16 * 1024 * 1024), "deeper than 32");
    refuses(repeat(*test, "{\"a\":", 1000000), "deeper than 32");
}

static void values_end_at_a_million(void **test)
{
    const char *many = repeat(*test, "1,", 999998).ptr;
    accepts(span_of(arena_printf(*test, "[%s1]", many)));
    refuses(span_of(arena_printf(*test, "[%s1,1,1]", many)), "more than 1000000 values");
}

static void arrays_are_walked(void **test)
{
    AUTO(json_free_at) struct json_value *root = json_parse(span_of("[{},[1],2]"), NULL);
    (void)test;
    assert_true(json_is_array(root));
    assert_false(json_is_object(root));
    assert_int_equal(json_length(root), 3);
    assert_true(json_is_object(json_item(root, 0)));
    assert_int_equal(json_length(json_item(root, 1)), 1);
    assert_false(json_is_array(json_item(root, 2)));
    assert_null(json_item(root, 3));
    assert_int_equal(json_length(json_item(root, 0)), 0);
    assert_null(json_item(json_item(root, 0), 0));
    assert_false(json_is_object(NULL));
    assert_false(json_is_array(NULL));
    assert_int_equal(json_length(NULL), 0);
    json_free(NULL);
}

static void strings_are_borrowed(void **test)
{
    AUTO(json_free_at)
    struct json_value *root = json_parse(span_of("[\"a\\u00e9\",\"\",1,null,[]]"), NULL);
    struct span text = {0};
    (void)test;
    assert_true(json_text(json_item(root, 0), &text));
    assert_span(text, "aé");
    for (size_t i = 2; i < 6; i++)
        assert_false(json_text(json_item(root, i), &text));
    assert_span(text, "aé");
    assert_true(json_text(json_item(root, 1), &text));
    assert_int_equal(text.len, 0);
}

static void dumps_to(void **test, const char *text, const char *expected)
{
    AUTO(json_free_at) struct json_value *root = json_parse(span_of(text), NULL);
    struct span dumped = json_dump(*test, root);
    assert_span(dumped, expected);
    assert_int_equal(dumped.ptr[dumped.len], 0);
}

static void dumps_are_compact(void **test)
{
    dumps_to(test, "{ \"b\" : [ 1 , true , null , \"x\\n\" ] , \"a\" : { } }",
             "{\"b\":[1,true,null,\"x\\n\"],\"a\":{}}");
    dumps_to(test, "[\"\\u00e9\\ud83d\\ude00\"]", "[\"\xC3\xA9\xF0\x9F\x98\x80\"]");
    AUTO(json_free_at) struct json_value *root = json_parse(span_of("[7,\"x\",null]"), NULL);
    assert_span(json_dump(*test, json_item(root, 0)), "7");
    assert_span(json_dump(*test, json_item(root, 1)), "\"x\"");
    assert_span(json_dump(*test, json_item(root, 2)), "null");
}

static void reals_keep_their_value_and_mostly_their_look(void **test)
{
    dumps_to(test, "[0.1,2.5,{\"a\":-0.3}]", "[0.1,2.5,{\"a\":-0.3}]");
    dumps_to(test, "[1.0,9223372036854775807]", "[1.0,9223372036854775807]");
    /* Seventeen digits where fifteen would lose something. */
    dumps_to(test, "[0.30000000000000004]", "[0.30000000000000004]");
}

static void a_dump_needs_memory(void **test)
{
    AUTO(arena_release) struct arena none;
    (void)test;
    arena_init(&none, 0);
    AUTO(json_free_at) struct json_value *root = json_parse(span_of("[0.5]"), NULL);
    assert_null(json_dump(&none, root).ptr);
    assert_null(json_dump(&none, json_item(root, 0)).ptr);
}

struct target {
    struct span text;
    int64_t number;
    int64_t free_number;
    bool truth;
    struct uuid id;
    int64_t time;
    const struct json_value *any;
    bool text_given, number_given, free_given, truth_given, id_given, time_given, any_given;
};

static const struct json_field fields[] = {
    JSON_FIELD("text", JSON_SPAN, struct target, text, text_given),
    JSON_FIELD_INT("number", struct target, number, number_given, 1, 100),
    JSON_FIELD("free", JSON_INT, struct target, free_number, free_given),
    JSON_FIELD("truth", JSON_BOOL, struct target, truth, truth_given),
    JSON_FIELD("id", JSON_UUID, struct target, id, id_given),
    JSON_FIELD("time", JSON_TIME, struct target, time, time_given),
    JSON_FIELD("any", JSON_ANY, struct target, any, any_given),
};

/* Reads `text` strictly; the document is the caller's, since the target borrows from it. */
static struct json_value *read_as(const char *text, struct target *target, bool strict,
                                  bool *ret_good, struct err *err)
{
    struct json_value *root = json_parse(span_of(text), NULL);
    assert_non_null(root);
    *ret_good = json_read_object(root, fields, ARRAY_SIZE(fields), strict, target, err);
    return root;
}

static void all_kinds_are_read(void **test)
{
    struct target target = {0};
    struct err err = {0};
    bool good;
    AUTO(json_free_at)
    struct json_value *root =
        read_as("{\"text\":\"h\xC3\xA9\",\"number\":100,\"free\":-9223372036854775808,"
                "\"truth\":true,\"id\":\"0A000000-0000-0000-0000-000000000000\","
                "\"time\":\"1970-01-01T00:00:01Z\",\"any\":[1]}",
                &target, true, &good, &err);
    assert_true(good);
    assert_span(target.text, "h\xC3\xA9");
    assert_int_equal(target.number, 100);
    assert_true(target.free_number == INT64_MIN);
    assert_true(target.truth);
    assert_int_equal(target.id.bytes[0], 0x0A);
    assert_int_equal(target.time, 1000);
    assert_span(json_dump(*test, target.any), "[1]");
    assert_true(target.text_given && target.number_given && target.free_given);
    assert_true(target.truth_given && target.id_given && target.time_given && target.any_given);
}

static void null_counts_as_absent(void **test)
{
    struct target target = {.number = 7, .number_given = true, .any_given = true};
    bool good;
    (void)test;
    AUTO(json_free_at)
    struct json_value *root = read_as("{\"text\":null,\"number\":null,\"any\":null,\"id\":null}",
                                      &target, true, &good, NULL);
    assert_true(good);
    assert_int_equal(target.number, 7);
    assert_false(target.text_given || target.number_given || target.any_given || target.id_given);
    assert_false(target.truth_given);
}

static void false_is_given(void **test)
{
    struct target target = {.truth = true};
    bool good;
    (void)test;
    AUTO(json_free_at)
    struct json_value *root = read_as("{\"truth\":false}", &target, true, &good, NULL);
    assert_true(good && target.truth_given);
    assert_false(target.truth);
}

static void field_refuses(const char *text, const char *because)
{
    struct target target = {0};
    struct err err = {0};
    bool good;
    AUTO(json_free_at) struct json_value *root = read_as(text, &target, true, &good, &err);
    if (good)
        fail_msg("%s is accepted", text);
    assert_sentence(&err, because);
}

static void a_wrong_kind_is_named(void **test)
{
    (void)test;
    field_refuses("{\"text\":1}", "text must be a string");
    field_refuses("{\"text\":[\"a\"]}", "text must be a string");
    field_refuses("{\"number\":\"1\"}", "number must be an integer");
    field_refuses("{\"number\":1.5}", "number must be an integer");
    field_refuses("{\"number\":true}", "number must be an integer");
    field_refuses("{\"number\":0}", "number must be within 1..100");
    field_refuses("{\"number\":101}", "number must be within 1..100");
    field_refuses("{\"number\":100.5}", "number must be an integer");
    field_refuses("{\"truth\":1}", "truth must be true or false");
    field_refuses("{\"truth\":\"true\"}", "truth must be true or false");
    field_refuses("{\"id\":\"x\"}", "id must be a UUID");
    field_refuses("{\"id\":5}", "id must be a UUID");
    field_refuses("{\"time\":0}", "time must be a time");
    field_refuses("{\"time\":\"2026-02-30T00:00:00Z\"}", "time must be a time");
}

static void integral_reals_are_integers(void **test)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"{\"free\":1.0}", true, 1},
        {"{\"free\":-0.0}", true, 0},
        {"{\"free\":1e3}", true, 1000},
        {"{\"free\":1.5}", false, 0},
        {"{\"free\":1e-999}", true, 0},
        {"{\"free\":-9223372036854775808.0}", true, INT64_MIN},
        {"{\"free\":9223372036854774784.0}", true, INT64_C(9223372036854774784)},
        {"{\"free\":9223372036854775808.0}", false, 0},
        {"{\"free\":-9223372036854777856.0}", false, 0},
        {"{\"free\":1e308}", false, 0},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct target target = {0};
        bool good;
        AUTO(json_free_at)
        struct json_value *root = read_as(cases[i].text, &target, true, &good, NULL);
        assert_int_equal(good, cases[i].good);
        assert_true(target.free_number == cases[i].value);
    }
}

static void unknown_fields_matter_when_strict(void **test)
{
    struct target target = {0};
    struct err err = {0};
    bool good;
    (void)test;
    field_refuses("{\"text\":\"a\",\"colour\":1}", "unknown field: colour");
    field_refuses("{\"Text\":\"a\"}", "unknown field: Text");
    field_refuses("{\"\":null}", "unknown field: ");
    AUTO(json_free_at)
    struct json_value *root = read_as("{\"text\":\"a\",\"colour\":1}", &target, false, &good, &err);
    assert_true(good);
    assert_span(target.text, "a");
}

static void only_objects_have_fields(void **test)
{
    struct target target = {0};
    struct err err = {0};
    AUTO(json_free_at) struct json_value *root = json_parse(span_of("[1]"), NULL);
    (void)test;
    assert_false(json_read_object(root, fields, ARRAY_SIZE(fields), true, &target, &err));
    assert_sentence(&err, "JSON object");
    assert_false(json_read_object(json_item(root, 0), fields, 1, false, &target, &err));
    assert_false(json_read_object(NULL, fields, 1, false, &target, NULL));
}

#define JSON_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(documents),
        JSON_TEST(what_is_no_document),
        JSON_TEST(reasons_are_given),
        JSON_TEST(duplicate_keys_are_refused),
        JSON_TEST(text_is_utf8_without_nul),
        JSON_TEST(numbers_have_bounds),
        JSON_TEST(depth_ends_at_32),
        JSON_TEST(hostile_depth_costs_nothing),
        JSON_TEST(values_end_at_a_million),
        JSON_TEST(arrays_are_walked),
        JSON_TEST(strings_are_borrowed),
        JSON_TEST(dumps_are_compact),
        JSON_TEST(reals_keep_their_value_and_mostly_their_look),
        JSON_TEST(a_dump_needs_memory),
        JSON_TEST(all_kinds_are_read),
        JSON_TEST(null_counts_as_absent),
        JSON_TEST(false_is_given),
        JSON_TEST(a_wrong_kind_is_named),
        JSON_TEST(integral_reals_are_integers),
        JSON_TEST(unknown_fields_matter_when_strict),
        JSON_TEST(only_objects_have_fields),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
