/* Tests of entity tags: which If-None-Match names ours. */
#include "http/etag.h"

#include "model_test.h"

#define OURS "\"abc\""

static void lists_stars_and_weak_tags_match(void **test)
{
    (void)test;
    assert_true(etag_matches(span_of("\"abc\""), OURS));
    assert_true(etag_matches(span_of("W/\"abc\""), OURS));
    assert_true(etag_matches(span_of("\"x\" , W/\"y\",\t\"abc\""), OURS));
    assert_true(etag_matches(span_of("*"), OURS));
}

static void other_tags_do_not(void **test)
{
    (void)test;
    assert_false(etag_matches((struct span){0}, OURS));
    assert_false(etag_matches(span_of(""), OURS));
    assert_false(etag_matches(span_of("abc"), OURS));
    assert_false(etag_matches(span_of("\"ab\""), OURS));
    assert_false(etag_matches(span_of("\"abcd\", \"**\""), OURS));
    assert_false(etag_matches(span_of("w/\"abc\""), OURS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_stars_and_weak_tags_match),
        cmocka_unit_test(other_tags_do_not),
    };
    return cmocka_run_group_tests_name("etag", tests, NULL, NULL);
}
