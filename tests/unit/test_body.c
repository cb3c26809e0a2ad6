/* Tests of the sentences about request bodies. */
#include "model/body.h"

#include "model_test.h"

struct target {
    struct span name;
    int64_t count;
    bool has_name, has_count;
};

static const struct json_field fields[] = {
    JSON_FIELD("name", JSON_SPAN, struct target, name, has_name),
    JSON_FIELD("count", JSON_INT, struct target, count, has_count),
};

static bool read(const char *text, struct target *ret_target, struct err *err)
{
    AUTO(json_free_at) struct json_value *document = body_parse(span_of(text), err);
    return document != NULL &&
           body_read(document, fields, ARRAY_SIZE(fields), true, ret_target, err);
}

static void good_bodies_are_read(void **test)
{
    struct target target = {0};
    struct err err = {0};
    (void)test;
    assert_true(read("{\"count\": 3, \"name\": null}", &target, &err));
    assert_int_equal(target.count, 3);
    assert_true(target.has_count);
    assert_false(target.has_name);
    assert_string_equal(err.text, "");
}

static void bad_fields_are_named(void **test)
{
    struct target target = {0};
    struct err err = {0};
    (void)test;
    assert_false(read("{\"name\": 3}", &target, &err));
    assert_string_equal(err.text, "The field name must be a string.");
    assert_false(read("{\"count\": 1.5}", &target, &err));
    assert_string_equal(err.text, "The field count must be an integer.");
    assert_false(read("{\"names\": 3}", &target, &err));
    assert_string_equal(err.text, "The body could not be read: unknown field: names.");
}

static void other_bodies_are_refused(void **test)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[]",
        "3",
        "null",
        "\"name\"",
        "{\"name\":\"a\"} x",
        "{\"name\":\"a\",}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":\"\\u0000\"}",
        "{'name':'a'}",
        "{\"name\":\"\xFF\"}",
        "{\"count\":1e999}",
        "{\"count\":99999999999999999999}",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct target target = {0};
        struct err err = {0};
        assert_false(read(texts[i], &target, &err));
        assert_sentence(&err, "The body could not be read: ");
    }
}

static void faults_are_placed_in_larger_bodies(void **test)
{
    struct err err = {0};
    (void)test;
    err_set(&err, "The field name is required.");
    body_error_at(&err, "jobs[3]");
    assert_string_equal(err.text, "The field jobs[3].name is required.");
    err_set(&err, "The body could not be read: a JSON object is expected.");
    body_error_at(&err, "jobs[4]");
    assert_string_equal(err.text,
                        "jobs[4]: The body could not be read: a JSON object is expected.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_bodies_are_read),
        cmocka_unit_test(bad_fields_are_named),
        cmocka_unit_test(other_bodies_are_refused),
        cmocka_unit_test(faults_are_placed_in_larger_bodies),
    };
    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
