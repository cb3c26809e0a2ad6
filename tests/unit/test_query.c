/* Tests of find requests: the parameter table, and every way to give a parameter. */
#include "model/query.h"

#include "arena_test.h"
#include "base/json_read.h"
#include "model/job.h"

static struct query parsed(struct span text)
{
    struct query query;
    struct err err = {0};
    if (query_parse(&arena, text, &query, &err) != PROBLEM_NONE)
        fail_msg("%.200s: %s", text.ptr, err.text);
    assert_string_equal(err.text, "");
    return query;
}

static struct query given(const char *text)
{
    return parsed(span_of(text));
}

/* A query string that must be refused with a sentence that holds `part`. */
static void refused_span(struct span text, const char *part)
{
    struct query query = {.page_size = 77};
    struct err err = {0};
    assert_int_equal(query_parse(&arena, text, &query, &err), PROBLEM_INVALID_REQUEST);
    assert_sentence(&err, part);
    assert_int_equal(query.page_size, 77);
    assert_int_equal(query_parse(&arena, text, &query, NULL), PROBLEM_INVALID_REQUEST);
}

static void refused(const char *text, const char *part)
{
    refused_span(span_of(text), part);
}

static void assert_unfiltered(const struct query *query)
{
    assert_false(query->has_name);
    assert_int_equal(query->statuses, STATUS_MASK_ALL);
    assert_int_equal(query->type_count, 0);
    assert_false(query->has_user);
    assert_int_equal(query->order, ORDER_CREATED);
    assert_false(query->ascending);
    assert_int_equal(query->page_size, 10);
    assert_int_equal(query->cursor.len, 0);
}

static void nothing_given_is_not_filtered(void **test)
{
    static const char *const texts[] = {
        "",
        "&",
        "&&&",
        "=",
        "name",
        "name=",
        "name=&state=&state[]=&result=&type=&user=&sortField=&sortOrder=&cursor=&pageSize=",
        "nameMatchMode=&nameMatchMode=",
        "offset=7&limit=x&Name=a&STATE=b&names=c&name[]=d&pageSize[]=999&state[0]=e&[]=f",
        "nameMatchMode=EXACT",
        "sortOrder=ASC",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct query query = given(texts[i]);
        assert_unfiltered(&query);
    }
    struct query query = parsed((struct span){0});
    assert_unfiltered(&query);
}

static void name_is_decoded_and_folded(void **test)
{
    struct query query = given("name=Stra%C3%9Fe+%C3%89t%c3%a9%20%26&x=1");
    (void)test;
    assert_true(query.has_name);
    assert_span(query.name, "Straße Été &");
    assert_span(query.name_folded, "strasse été &");
    assert_int_equal(query.match, MATCH_ANYWHERE);
}

/* U+00AD is ignorable: the name is there although nothing is left of it. */
static void name_may_fold_to_nothing(void **test)
{
    struct query query = given("name=%C2%AD");
    (void)test;
    assert_true(query.has_name);
    assert_int_equal(query.name_folded.len, 0);
}

static void match_modes(void **test)
{
    (void)test;
    assert_int_equal(given("name=a&nameMatchMode=START").match, MATCH_START);
    assert_int_equal(given("nameMatchMode=END&name=a").match, MATCH_END);
    assert_int_equal(given("name=a&nameMatchMode=ANYWHERE").match, MATCH_ANYWHERE);
    assert_int_equal(given("name=a&nameMatchMode=EXACT").match, MATCH_EXACT);
    refused("name=a&nameMatchMode=exact",
            "The parameter nameMatchMode must be one of START, END, ANYWHERE, EXACT.");
    refused("nameMatchMode=MIDDLE", "nameMatchMode");
}

static void name_has_limits(void **test)
{
    char *text = arena_printf(&arena, "name=%s", repeat(&arena, "%C3%A9", JOB_NAME_MAX).ptr);
    (void)test;
    assert_int_equal(given(text).name.len, 2 * JOB_NAME_MAX);
    refused(arena_printf(&arena, "%sx", text),
            "The parameter name must have 1 to 2000 characters.");
    refused("name=a%09b", "The parameter name must not hold control characters.");
    refused("name=a%7F", "name");
    refused("name=a%C2%85", "name");
}

static void malformed_encoding_is_refused(void **test)
{
    static const char *const texts[] = {
        "name=%",   "name=%2",    "name=%zz", "name=%C3", "name=%ED%A0%80", "name=%C0%80",
        "name=%00", "name=a%00b", "x=%FF",    "%FF=x",    "name=\xFF",      "state=RUNNING&x=%4"};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        refused(texts[i], "query string");
    refused_span((struct span)SPAN("name=a\0b"), "query string");
}

static uint32_t bits(const char *const *names)
{
    uint32_t states = 0;
    for (; *names != NULL; names++) {
        enum job_state state = STATE_COUNT;
        assert_true(state_parse(span_of(*names), &state));
        states |= 1u << state;
    }
    return status_mask(states, 0);
}

static void states_are_repeated_keys(void **test)
{
    static const char *const two[] = {"RUNNING", "WAITING", NULL};
    static const char *const texts[] = {
        "state=RUNNING&state=WAITING",
        "state[]=RUNNING&state[]=WAITING",
        "state%5B%5D=RUNNING&state%5b%5d=WAITING",
        "state=RUNNING&name=&state[]=WAITING&state=",
        "state=WAITING&state=RUNNING&state=RUNNING",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_int_equal(given(texts[i]).statuses, bits(two));
}

static void each_state_and_result_is_known(void **test)
{
    (void)test;
    for (unsigned i = 0; i < STATE_COUNT; i++)
        assert_int_equal(given(arena_printf(&arena, "state=%s", state_name(i))).statuses,
                         status_mask(1u << i, 0));
    for (unsigned i = 0; i < RESULT_COUNT; i++)
        assert_int_equal(given(arena_printf(&arena, "result[]=%s", result_name(i))).statuses,
                         status_mask(0, 1u << i));
}

static void states_and_results_intersect(void **test)
{
    (void)test;
    assert_int_equal(given("state=COMPLETED&state=FAILED&result=ABORTED").statuses,
                     1u << STATUS_COMPLETED_ABORTED | 1u << STATUS_FAILED_ABORTED);
    assert_int_equal(given("state=RUNNING&result=SUCCESS").statuses, 0);
}

static void values_outside_an_enum_are_refused(void **test)
{
    (void)test;
    refused("state=running", "The parameter state must be one of WAITING, RUNNING, COMPLETED, "
                             "FAILED, DELETED.");
    refused("state=RUNNING&state[]=RUNNING,WAITING", "The parameter state ");
    refused("state=RUNNING%20", "The parameter state ");
    refused("result=OK", "The parameter result must be one of NOT_SET, SUCCESS, "
                         "COMPLETED_WITH_ERROR, FAILURE, ABORTED.");
    refused("sortField=CREATED_ON", "The parameter sortField must be one of NAME, TYPE, "
                                    "START_DATE, END_DATE, STATE, RESULT.");
    refused("sortOrder=UP", "The parameter sortOrder must be one of ASC, DESC.");
}

static void types_are_a_sorted_set(void **test)
{
    struct query query = given("type=b&type[]=a&type=B&type=%C3%A9&type=ab&type=a&type=&type=b");
    static const char *const sorted[] = {"B", "a", "ab", "b", "é"};
    (void)test;
    assert_int_equal(query.type_count, ARRAY_SIZE(sorted));
    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
        assert_span(query.types[i], sorted[i]);
}

static void at_most_a_hundred_types(void **test)
{
    AUTO(buf_release) struct buf text = BUF(1 << 16);
    (void)test;
    for (int round = 0; round < 2; round++) {
        for (int i = QUERY_TYPES_MAX; i > 0; i--)
            buf_printf(&text, "&type=T%d", i);
    }
    assert_int_equal(parsed(buf_span(&text)).type_count, QUERY_TYPES_MAX);
    buf_add_str(&text, "&type=T0");
    refused_span(buf_span(&text), "The parameter type may have at most 100 different values.");
}

static void type_has_limits(void **test)
{
    char *text = arena_printf(&arena, "type=%s", repeat(&arena, "x", JOB_TYPE_MAX).ptr);
    (void)test;
    assert_int_equal(given(text).type_count, 1);
    refused(arena_printf(&arena, "%sx", text), "The parameter type must have 1 to 255 characters.");
    refused("type=a%0Ab", "The parameter type must not hold control characters.");
}

static void user_is_a_uuid(void **test)
{
    struct query query = given("user=0190A0B0-0000-7000-8000-00000000000f");
    struct uuid user;
    (void)test;
    assert_true(uuid_parse(span_of("0190a0b0-0000-7000-8000-00000000000f"), &user));
    assert_true(query.has_user);
    assert_true(uuid_eq(&query.user, &user));
    refused("user=me", "The parameter user must be a UUID.");
    refused("user=0190a0b0000070008000000000000000", "The parameter user must be a UUID.");
    refused("user={0190a0b0-0000-7000-8000-00000000000f}", "user");
}

static void orders(void **test)
{
    static const struct {
        const char *text;
        enum query_order order;
        bool ascending;
    } rows[] = {
        {"sortField=NAME", ORDER_NAME, false},
        {"sortField=TYPE&sortOrder=ASC", ORDER_TYPE, true},
        {"sortOrder=ASC&sortField=START_DATE", ORDER_START_DATE, true},
        {"sortField=END_DATE&sortOrder=DESC", ORDER_END_DATE, false},
        {"sortField=STATE&sortOrder=", ORDER_STATE, false},
        {"sortField=RESULT&sortOrder=ASC", ORDER_RESULT, true},
        {"sortField=&sortOrder=ASC", ORDER_CREATED, false},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct query query = given(rows[i].text);
        assert_int_equal(query.order, rows[i].order);
        assert_int_equal(query.ascending, rows[i].ascending);
    }
}

static void page_size_is_1_to_50(void **test)
{
    static const char *const wrong[] = {"0",       "51",  "-1",   "-0",
                                        "%2B5",    "+5",  "5%20", "1e1",
                                        "0x5",     "5.0", "ten",  "99999999999999999999",
                                        "1%30%30", "٣"};
    (void)test;
    assert_int_equal(given("pageSize=1").page_size, 1);
    assert_int_equal(given("pageSize=50").page_size, 50);
    assert_int_equal(given("pageSize=007").page_size, 7);
    assert_int_equal(given("pageSize=%31%30").page_size, 10);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        refused(arena_printf(&arena, "pageSize=%s", wrong[i]),
                "The parameter pageSize must be a whole number from 1 to 50.");
}

static void cursor_is_taken_as_it_is(void **test)
{
    (void)test;
    assert_span(given("cursor=abc%3D-_").cursor, "abc=-_");
}

static void single_values_may_repeat_but_not_differ(void **test)
{
    static const char *const names[] = {"name",      "nameMatchMode", "user",    "sortField",
                                        "sortOrder", "cursor",        "pageSize"};
    static const char *const values[][2] = {
        {"a", "b"},
        {"START", "END"},
        {"0190a0b0-0000-7000-8000-000000000001", "0190a0b0-0000-7000-8000-000000000002"},
        {"NAME", "TYPE"},
        {"ASC", "DESC"},
        {"x", "y"},
        {"1", "2"},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *name = names[i], *one = values[i][0], *two = values[i][1];
        char *same = arena_printf(&arena, "%s=%s&%s=&%s=%s", name, one, name, name, one);
        given(same);
        refused(arena_printf(&arena, "%s&%s=%s", same, name, two),
                arena_printf(&arena, "The parameter %s was given twice", name));
    }
    assert_int_equal(given("pageSize=5&pageSize=%35").page_size, 5);
}

static void without_memory_it_is_internal(void **test)
{
    struct query query;
    struct err err = {0};
    AUTO(arena_release) struct arena none;
    (void)test;
    arena_init(&none, 0);
    assert_int_equal(query_parse(&none, span_of("type=a"), &query, &err), PROBLEM_NO_MEMORY);
    assert_int_equal(query_parse(&none, span_of("name=a"), &query, &err), PROBLEM_NO_MEMORY);
}

/* The document's schema of one parameter. */
struct schema {
    struct span type;
    struct span format;
    const struct json_value *values, *items, *standard;
    int64_t minimum, maximum;
    bool has_type, has_format, has_values, has_items, has_standard, has_minimum, has_maximum;
};

static const struct json_field schema_fields[] = {
    JSON_FIELD("type", JSON_SPAN, struct schema, type, has_type),
    JSON_FIELD("format", JSON_SPAN, struct schema, format, has_format),
    JSON_FIELD("enum", JSON_ANY, struct schema, values, has_values),
    JSON_FIELD("items", JSON_ANY, struct schema, items, has_items),
    JSON_FIELD("default", JSON_ANY, struct schema, standard, has_standard),
    JSON_FIELD("minimum", JSON_INT, struct schema, minimum, has_minimum),
    JSON_FIELD("maximum", JSON_INT, struct schema, maximum, has_maximum),
};

static struct schema schema_of(const struct json_value *value)
{
    struct schema schema = {0};
    struct err err = {0};
    if (!json_read_object(value, schema_fields, ARRAY_SIZE(schema_fields), false, &schema, &err))
        fail_msg("%s", err.text);
    return schema;
}

/* A member of an object that must be there. */
static const struct json_value *member(const struct json_value *object, const char *name)
{
    struct found {
        const struct json_value *value;
        bool given;
    } found = {0};
    const struct json_field field = JSON_FIELD(name, JSON_ANY, struct found, value, given);
    assert_true(json_read_object(object, &field, 1, false, &found, NULL));
    assert_true(found.given);
    return found.value;
}

/* `["A","B"]` of a table's values, to compare with the document's. */
static const char *list_of(const char *const *values)
{
    char *list = arena_strdup(&arena, "[");
    for (size_t i = 0; values[i] != NULL; i++)
        list = arena_printf(&arena, "%s%s\"%s\"", list, i > 0 ? "," : "", values[i]);
    return arena_printf(&arena, "%s]", list);
}

static void compare_with_document(const struct query_parameter *parameter,
                                  const struct json_value *documented)
{
    struct schema schema = schema_of(member(documented, "schema"));
    struct schema values = schema.has_items ? schema_of(schema.items) : schema;
    assert_span(json_dump(&arena, member(documented, "name")),
                arena_printf(&arena, "\"%s\"", parameter->name));
    assert_span(json_dump(&arena, member(documented, "in")), "\"query\"");
    assert_span(json_dump(&arena, member(documented, "required")), "false");
    assert_int_equal(span_is(schema.type, "array"), parameter->array);
    assert_int_equal(values.has_values, parameter->values != NULL);
    if (values.has_values)
        assert_span(json_dump(&arena, values.values), list_of(parameter->values));
    assert_int_equal(schema.has_standard, parameter->standard != NULL);
    if (schema.has_standard) {
        const char *quote = span_is(schema.type, "integer") ? "" : "\"";
        assert_span(json_dump(&arena, schema.standard),
                    arena_printf(&arena, "%s%s%s", quote, parameter->standard, quote));
    }
    assert_int_equal(span_is(schema.format, "uuid"), strcmp(parameter->name, "user") == 0);
    if (schema.has_minimum || schema.has_maximum) {
        assert_string_equal(parameter->name, "pageSize");
        assert_int_equal(schema.minimum, 1);
        assert_int_equal(schema.maximum, QUERY_PAGE_MAX);
    }
}

static void table_is_the_contracts(void **test)
{
    struct err err = {0};
    struct span text = tree_file(&arena, "api/collibra-job-api-v1.openapi.json");
    AUTO(json_free_at) struct json_value *document = json_parse(text, &err);
    (void)test;
    assert_non_null(document);
    const struct json_value *operation = member(member(member(document, "paths"), "/jobs"), "get");
    const struct json_value *parameters = member(operation, "parameters");
    assert_int_equal(json_length(parameters), query_parameter_count);
    for (size_t i = 0; i < query_parameter_count; i++)
        compare_with_document(&query_parameters[i], json_item(parameters, i));
}

/* The table's defaults are what an absent parameter means. */
static void defaults_mean_what_absence_means(void **test)
{
    (void)test;
    for (size_t i = 0; i < query_parameter_count; i++) {
        const struct query_parameter *parameter = &query_parameters[i];
        if (parameter->standard == NULL)
            continue;
        const char *with = arena_printf(&arena, "name=a&sortField=TYPE&%s=%s", parameter->name,
                                        parameter->standard);
        struct query query = given(with), plain = given("name=a&sortField=TYPE");
        assert_int_equal(query.match, plain.match);
        assert_int_equal(query.ascending, plain.ascending);
        assert_int_equal(query.page_size, plain.page_size);
    }
}

/* Whatever comes, it is either refused with a sentence or read. */
static void noise_is_read_or_refused(void **test)
{
    static const char *const pieces[] = {"name", "state", "[]",      "=",    "&",
                                         "%",    "%C3",   "RUNNING", "type", "pageSize",
                                         "9",    "\xF0",  "user",    "+",    "cursor"};
    uint64_t seed = 0x2545F4914F6CDD1D;
    (void)test;
    for (int round = 0; round < 20000; round++) {
        AUTO(buf_release) struct buf text = BUF(4096);
        struct query query;
        struct err err = {0};
        for (uint64_t count = next_number(&seed) % 12; count > 0; count--)
            buf_add_str(&text, pieces[next_number(&seed) % ARRAY_SIZE(pieces)]);
        enum problem problem = query_parse(&arena, buf_span(&text), &query, &err);
        assert_true(problem == PROBLEM_NONE || problem == PROBLEM_INVALID_REQUEST);
        assert_int_equal(problem == PROBLEM_NONE, err.text[0] == '\0');
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_given_is_not_filtered),
        TEST(name_is_decoded_and_folded),
        TEST(name_may_fold_to_nothing),
        TEST(match_modes),
        TEST(name_has_limits),
        TEST(malformed_encoding_is_refused),
        TEST(states_are_repeated_keys),
        TEST(each_state_and_result_is_known),
        TEST(states_and_results_intersect),
        TEST(values_outside_an_enum_are_refused),
        TEST(types_are_a_sorted_set),
        TEST(at_most_a_hundred_types),
        TEST(type_has_limits),
        TEST(user_is_a_uuid),
        TEST(orders),
        TEST(page_size_is_1_to_50),
        TEST(cursor_is_taken_as_it_is),
        TEST(single_values_may_repeat_but_not_differ),
        TEST(without_memory_it_is_internal),
        TEST(table_is_the_contracts),
        TEST(defaults_mean_what_absence_means),
        TEST(noise_is_read_or_refused),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
