/* Tests of secrets: their length, their alphabet, and that they differ. */
#include "auth/secret.h"

#include "model_test.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static void they_have_the_length_of_their_bytes(void **test)
{
    (void)test;
    char text[SECRET_SIZE(64)];
    for (size_t bytes = 1; bytes <= 64; bytes++) {
        secret_generate(text, bytes);
        assert_int_equal(strlen(text), SECRET_SIZE(bytes) - 1);
        assert_int_equal(strspn(text, ALPHABET), strlen(text));
    }
    assert_int_equal(SECRET_SIZE(32), 44);
}

static void each_is_another_one(void **test)
{
    (void)test;
    char first[SECRET_SIZE(32)], second[SECRET_SIZE(32)];
    secret_generate(first, 32);
    secret_generate(second, 32);
    assert_string_not_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_have_the_length_of_their_bytes),
        cmocka_unit_test(each_is_another_one),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
