/* Tests of sorted lists of types. */
#include "model/type_list.h"

#include "model_test.h"

static void every_place_is_found(void **test)
{
    static const struct span list[] = {SPAN("A"), SPAN("AB"), SPAN("B"), SPAN("a"),
                                       SPAN("\xC3\xA9")};
    static const struct {
        const char *type;
        size_t place;
        bool found;
    } rows[] = {
        {"", 0, false},   {"0", 0, false},  {"A", 0, true},   {"AA", 1, false}, {"AB", 1, true},
        {"AC", 2, false}, {"B", 2, true},   {"BB", 3, false}, {"a", 3, true},   {"b", 4, false},
        {"é", 4, true},   {"éa", 5, false}, {"ê", 5, false},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t place = 99;
        bool found = type_list_find(list, ARRAY_SIZE(list), span_of(rows[i].type), &place);
        assert_int_equal(found, rows[i].found);
        assert_int_equal(place, rows[i].place);
    }
}

static void nothing_is_in_an_empty_list(void **test)
{
    size_t place = 99;
    (void)test;
    assert_false(type_list_find(NULL, 0, span_of("A"), &place));
    assert_int_equal(place, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_found),
        cmocka_unit_test(nothing_is_in_an_empty_list),
    };
    return cmocka_run_group_tests_name("type_list", tests, NULL, NULL);
}
