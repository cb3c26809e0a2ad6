/* Tests of sessions: what stands for tokens and passwords, and the body of a sign-in. */
#include "model/session.h"

#include "model_test.h"

static enum problem read(struct arena *arena, const char *body, struct sign_in *sign_in,
                         struct err *err)
{
    *err = (struct err){0};
    return sign_in_read(arena, span_of(body), sign_in, err);
}

static void digests_tell_tokens_apart(void **test)
{
    (void)test;
    uint8_t one[DIGEST_SIZE], same[DIGEST_SIZE], other[DIGEST_SIZE];
    session_token_digest(span_of("token"), one);
    session_token_digest(span_of("token"), same);
    session_token_digest(span_of("Token"), other);
    assert_memory_equal(one, same, DIGEST_SIZE);
    assert_memory_not_equal(one, other, DIGEST_SIZE);
}

static void another_password_is_another_proof(void **test)
{
    (void)test;
    struct account account = {.name = "anna", .hash = "first"};
    uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
    session_proof(&account, before);
    account.role = ROLE_ADMIN;
    session_proof(&account, after);
    assert_memory_equal(before, after, DIGEST_SIZE);
    memcpy(account.hash, "secnd", 5);
    session_proof(&account, after);
    assert_memory_not_equal(before, after, DIGEST_SIZE);
}

static void user_and_password_are_read(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    struct sign_in sign_in;
    struct err err;
    arena_init(&arena, 1 << 16);
    assert_int_equal(
        read(&arena, "{\"user\":\"anna\",\"password\":\"p\\u00e4ss \\\"w\"}", &sign_in, &err),
        PROBLEM_NONE);
    assert_true(span_is(sign_in.user, "anna"));
    assert_true(span_is(sign_in.password, "päss \"w"));
    assert_int_equal(read(&arena, "{\"password\":\"\",\"user\":\"\"}", &sign_in, &err),
                     PROBLEM_NONE);
    assert_int_equal(sign_in.password.len, 0);
}

static void other_bodies_are_refused(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    struct sign_in sign_in;
    struct err err;
    const char *const bodies[] = {"",
                                  "null",
                                  "[]",
                                  "{",
                                  "{}",
                                  "{\"user\":\"a\"}",
                                  "{\"password\":\"b\"}",
                                  "{\"user\":1,\"password\":\"b\"}",
                                  "{\"user\":\"a\",\"password\":null}",
                                  "{\"user\":\"a\",\"password\":\"b\",\"more\":1}",
                                  "{\"user\":\"a\",\"user\":\"a\",\"password\":\"b\"}",
                                  "user=a&password=b"};
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (read(&arena, bodies[i], &sign_in, &err) != PROBLEM_INVALID_REQUEST)
            fail_msg("accepted: %s", bodies[i]);
        assert_true(err.text[0] != '\0');
    }
}

/* What is wrong with a body never repeats the password. */
static void errors_hold_no_password(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    struct sign_in sign_in;
    struct err err;
    arena_init(&arena, 1 << 16);
    assert_int_equal(read(&arena, "{\"password\":\"s3cret\"}", &sign_in, &err),
                     PROBLEM_INVALID_REQUEST);
    assert_null(strstr(err.text, "s3cret"));
    assert_int_equal(read(&arena, "{\"user\":\"a\",\"password\":\"s3cret", &sign_in, &err),
                     PROBLEM_INVALID_REQUEST);
    assert_null(strstr(err.text, "s3cret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_tell_tokens_apart),
        cmocka_unit_test(another_password_is_another_proof),
        cmocka_unit_test(user_and_password_are_read),
        cmocka_unit_test(other_bodies_are_refused),
        cmocka_unit_test(errors_hold_no_password),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
