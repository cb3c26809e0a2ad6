/* Tests of digests of pairs. */
#include "model/digest.h"

#include "model_test.h"

static bool same(const char *a, const char *b, const char *c, const char *d)
{
    uint8_t one[DIGEST_SIZE], two[DIGEST_SIZE];
    digest_pair(span_of(a), span_of(b), one);
    digest_pair(span_of(c), span_of(d), two);
    return memcmp(one, two, sizeof(one)) == 0;
}

static void pairs_are_told_apart(void **test)
{
    (void)test;
    assert_true(same("ab", "c", "ab", "c"));
    assert_false(same("ab", "c", "a", "bc"));
    assert_false(same("ab", "c", "abc", ""));
    assert_false(same("", "abc", "abc", ""));
    assert_false(same("ab", "c", "ab", "C"));
}

static void nothing_is_empty_text(void **test)
{
    (void)test;
    assert_true(same(NULL, NULL, "", ""));
    assert_false(same(NULL, "a", "", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_told_apart),
        cmocka_unit_test(nothing_is_empty_text),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
