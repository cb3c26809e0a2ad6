/* Tests of the cache of verified credentials. */
#include "auth/credential_cache.h"

#include "model_test.h"

#include <stdio.h>

static const struct span header = SPAN("Basic YWRtaW46c2VjcmV0");

static void what_was_added_is_found_until_it_expires(void **test)
{
    (void)test;
    struct credential_cache *cache = credential_cache_new();
    struct credential added = {.account = uuid_random(), .proof = 7, .expires_ms = 5000}, found;
    assert_false(credential_cache_find(cache, header, 1000, &found));
    credential_cache_add(cache, header, &added);
    assert_true(credential_cache_find(cache, header, 4999, &found));
    assert_true(uuid_eq(&found.account, &added.account));
    assert_int_equal(found.proof, 7);
    assert_false(credential_cache_find(cache, header, 5000, &found));
    credential_cache_free(cache);
}

static void one_byte_makes_another_credential(void **test)
{
    (void)test;
    struct credential_cache *cache = credential_cache_new();
    struct credential credential = {.proof = 1, .expires_ms = 5000};
    credential_cache_add(cache, header, &credential);
    struct span other = SPAN("Basic YWRtaW46c2VjcmV1");
    assert_false(credential_cache_find(cache, other, 1000, &credential));
    assert_false(
        credential_cache_find(cache, (struct span){header.ptr, header.len - 1}, 1000, &credential));
    credential_cache_free(cache);
}

static void adding_again_replaces(void **test)
{
    (void)test;
    struct credential_cache *cache = credential_cache_new();
    struct credential credential = {.proof = 1, .expires_ms = 5000}, found;
    credential_cache_add(cache, header, &credential);
    credential.proof = 2;
    credential_cache_add(cache, header, &credential);
    assert_true(credential_cache_find(cache, header, 1000, &found));
    assert_int_equal(found.proof, 2);
    credential_cache_free(cache);
}

static void what_is_forgotten_is_not_found(void **test)
{
    (void)test;
    struct credential_cache *cache = credential_cache_new();
    struct credential credential = {.proof = 1, .expires_ms = 5000};
    struct span other = SPAN("another one");
    credential_cache_add(cache, header, &credential);
    credential_cache_add(cache, other, &credential);
    credential_cache_forget(cache, header);
    credential_cache_forget(cache, header);
    assert_false(credential_cache_find(cache, header, 1000, &credential));
    assert_true(credential_cache_find(cache, other, 1000, &credential));
    credential_cache_free(cache);
}

/* Far more than it holds: the newest is always there, and memory stays what it was. */
static void a_flood_only_pushes_out_the_old(void **test)
{
    (void)test;
    struct credential_cache *cache = credential_cache_new();
    for (int i = 0; i < 50000; i++) {
        char text[32];
        snprintf(text, sizeof(text), "Bearer %d", i);
        struct credential credential = {.proof = 1, .expires_ms = 100000 + i};
        credential_cache_add(cache, span_of(text), &credential);
        assert_true(credential_cache_find(cache, span_of(text), 1000, &credential));
    }
    credential_cache_free(cache);
}

static void the_proof_follows_the_password_hash(void **test)
{
    (void)test;
    struct credential_cache *cache = credential_cache_new();
    struct account one = {.hash = "$argon2id$one"}, two = {.hash = "$argon2id$two"};
    assert_int_equal(credential_proof(cache, &one), credential_proof(cache, &one));
    assert_int_not_equal(credential_proof(cache, &one), credential_proof(cache, &two));
    assert_int_not_equal(credential_proof(cache, &one), 0);
    credential_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_until_it_expires),
        cmocka_unit_test(one_byte_makes_another_credential),
        cmocka_unit_test(adding_again_replaces),
        cmocka_unit_test(what_is_forgotten_is_not_found),
        cmocka_unit_test(a_flood_only_pushes_out_the_old),
        cmocka_unit_test(the_proof_follows_the_password_hash),
    };
    return cmocka_run_group_tests_name("credential_cache", tests, NULL, NULL);
}
