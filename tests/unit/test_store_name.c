/* Tests of what a log is told of a store's URL: where it is, and nothing that opens it. */
#include "store/store.h"

#include "model_test.h"

static void must_be_called(const char *url, const char *name)
{
    char text[STORE_NAME_SIZE];
    store_name(url, text);
    assert_string_equal(text, name);
}

static void a_file_and_memory_are_named_as_they_are(void **test)
{
    (void)test;
    must_be_called("sqlite:data/jobd.db", "sqlite:data/jobd.db");
    must_be_called("sqlite:a@b?c", "sqlite:a@b?c");
    must_be_called("memory:", "memory:");
}

static void user_password_and_options_are_left_out(void **test)
{
    (void)test;
    must_be_called("postgresql://h:5433/db", "postgresql://h:5433/db");
    must_be_called("postgres://u:secret@h/db", "postgres://h/db");
    must_be_called("postgresql://u:secret@h1,h2:1/db?sslmode=require", "postgresql://h1,h2:1/db");
    must_be_called("postgresql:///db?host=/run&password=secret", "postgresql:///db");
    must_be_called("postgresql://h?sslmode=require", "postgresql://h");
    must_be_called("postgresql://h/db?user=a@b&password=secret", "postgresql://h/db");
}

static void a_password_may_have_odd_characters(void **test)
{
    (void)test;
    must_be_called("postgresql://u:s@ecret@h/db", "postgresql://h/db");
    must_be_called("postgresql://u:s/ecret@h/db", "postgresql://h/db");
    must_be_called("postgresql://u:se?cret@h/db", "postgresql://");
    must_be_called("postgresql://h?password=se@cret", "postgresql://");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_and_memory_are_named_as_they_are),
        cmocka_unit_test(user_password_and_options_are_left_out),
        cmocka_unit_test(a_password_may_have_odd_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
