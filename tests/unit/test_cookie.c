/* Tests of cookies: which value of a Cookie header is ours. */
#include "http/cookie.h"

#include "model_test.h"

static struct span find(const char *header)
{
    struct span value = {0};
    return cookie_find(span_of(header), "id", &value) ? value : (struct span){0};
}

static void it_is_found_among_others(void **test)
{
    (void)test;
    assert_true(span_is(find("id=abc"), "abc"));
    assert_true(span_is(find("a=b; id=abc; c=d"), "abc"));
    assert_true(span_is(find("a=b;id=abc"), "abc"));
    assert_true(span_is(find(" id=abc ;\tx"), "abc"));
    assert_true(span_is(find("id=a=b=c"), "a=b=c"));
    assert_true(span_is(find("id=\"abc\""), "\"abc\"")); /* quotes belong to the value */
    assert_true(find("id=").ptr != NULL);
}

static void other_names_are_not_it(void **test)
{
    (void)test;
    const char *const headers[] = {"",        "id",       "; ;",       "ID=abc",  "xid=abc",
                                   "idx=abc", "a=id=abc", "a=b, id=c", "id =abc", "=id=abc"};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        if (find(headers[i]).ptr != NULL)
            fail_msg("found in %s", headers[i]);
    struct span value;
    assert_false(cookie_find((struct span){0}, "id", &value));
}

static void two_are_none(void **test)
{
    (void)test;
    assert_null(find("id=a; id=b").ptr);
    assert_null(find("id=a; x=y; id=a").ptr);
    assert_true(span_is(find("id=a; id"), "a")); /* the second is no pair */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_among_others),
        cmocka_unit_test(other_names_are_not_it),
        cmocka_unit_test(two_are_none),
    };
    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
