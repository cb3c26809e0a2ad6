/* Tests of accounts: roles, names, passwords, and who may do what. */
#include "model/account.h"

#include "model_test.h"

static void roles_are_parsed_back(void **test)
{
    static const char *const names[] = {"reader", "user", "worker", "admin"};
    (void)test;
    assert_int_equal(ARRAY_SIZE(names), ROLE_COUNT);
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        enum role role = ROLE_COUNT;
        assert_string_equal(role_name(i), names[i]);
        assert_true(role_parse(span_of(names[i]), &role));
        assert_int_equal(role, i);
    }
}

static void other_roles_are_refused(void **test)
{
    static const char *const wrong[] = {"", "Admin", "ADMIN", "admins", "adm", " admin", "root"};
    enum role role = ROLE_COUNT;
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_false(role_parse(span_of(wrong[i]), &role));
    assert_int_equal(role, ROLE_COUNT);
}

static void names_hold_the_allowed_bytes_only(void **test)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-";
    (void)test;
    for (int byte = 0; byte < 256; byte++) {
        char name = (char)byte;
        struct err err = {0};
        bool good = byte != 0 && strchr(allowed, byte) != NULL;
        assert_int_equal(account_name_check((struct span){&name, 1}, &err), good);
        assert_int_equal(err.text[0] == '\0', good);
    }
}

static void names_have_1_to_64_characters(void **test)
{
    AUTO(arena_release) struct arena arena;
    struct err err = {0};
    (void)test;
    arena_init(&arena, SIZE_MAX);
    assert_false(account_name_check(span_of(""), &err));
    assert_sentence(&err, "1 to 64");
    assert_true(account_name_check(repeat(&arena, "a", 64), NULL));
    assert_false(account_name_check(repeat(&arena, "a", 65), NULL));
}

static void passwords_have_8_to_1024_bytes(void **test)
{
    AUTO(arena_release) struct arena arena;
    struct err err = {0};
    (void)test;
    arena_init(&arena, SIZE_MAX);
    assert_false(account_password_check(repeat(&arena, "p", 7), &err));
    assert_sentence(&err, "8 to 1024");
    assert_true(account_password_check(repeat(&arena, "p", 8), NULL));
    assert_true(account_password_check(repeat(&arena, "p", 1024), NULL));
    assert_false(account_password_check(repeat(&arena, "p", 1025), NULL));
    assert_true(account_password_check(span_of("pässwörd: 100%"), NULL));
}

static void passwords_are_text_and_never_repeated(void **test)
{
    static const char *const wrong[] = {"secret\tsecret", "secret\nsecret", "secret\x7Fsecret",
                                        "secret\xFFsecret", "secret\xC2\x85secret"};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct err err = {0};
        assert_false(account_password_check(span_of(wrong[i]), &err));
        assert_sentence(&err, "UTF-8");
        assert_null(strstr(err.text, "secret"));
    }
    assert_false(account_password_check((struct span)SPAN("secret\0secret"), NULL));
}

/* Rows: create, create for others, claim, then report as user, as creator, as neither, delete own,
 * others'. */
static void roles_allow_what_they_should(void **test)
{
    static const struct {
        enum role role;
        const char *allowed;
    } rows[] = {
        {ROLE_READER, "--------"},
        {ROLE_USER, "y--yy-y-"},
        {ROLE_WORKER, "yyyyy-y-"},
        {ROLE_ADMIN, "yyyyyyyy"},
    };
    const struct uuid other = {{7}};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct account account = {.id = {{5}}, .role = rows[i].role};
        const bool answers[] = {
            account_may_create(&account),
            account_may_create_for_others(&account),
            account_may_claim(&account),
            account_may_report(&account, &account.id, &other),
            account_may_report(&account, &other, &account.id),
            account_may_report(&account, &other, &other),
            account_may_delete(&account, &account.id),
            account_may_delete(&account, &other),
        };
        for (size_t j = 0; j < ARRAY_SIZE(answers); j++)
            assert_int_equal(answers[j], rows[i].allowed[j] == 'y');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_are_parsed_back),
        cmocka_unit_test(other_roles_are_refused),
        cmocka_unit_test(names_hold_the_allowed_bytes_only),
        cmocka_unit_test(names_have_1_to_64_characters),
        cmocka_unit_test(passwords_have_8_to_1024_bytes),
        cmocka_unit_test(passwords_are_text_and_never_repeated),
        cmocka_unit_test(roles_allow_what_they_should),
    };
    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
