/* A parsed key set: which of its keys may verify a token. */
#include "auth/key_set.h"

#include "base/json_read.h"
#include "base/mem.h"
#include "base/scope.h"

#include <cjose/cjose.h>
#include <stddef.h>
#include <string.h>

/* More keys than this are not a key set but an attack on our patience. */
#define KEYS_MAX 100
#define KEY_TEXT_MAX (64u << 10)

struct key {
    cjose_jwk_t *jwk;
    char *kid, *algorithm; /* NULL: not given */
};

struct key_set {
    size_t count;
    struct key keys[KEYS_MAX];
};

struct key_body {
    struct span kid, algorithm, use;
    bool has_kid, has_algorithm, has_use;
};

static char *copy(bool given, struct span text)
{
    char *bytes = given ? mem_alloc(text.len + 1, 1) : NULL;
    if (bytes != NULL)
        memcpy(bytes, text.ptr, text.len);
    return bytes;
}

static void add_key(struct key_set *set, const struct json_value *value)
{
    static const struct json_field fields[] = {
        JSON_FIELD("kid", JSON_SPAN, struct key_body, kid, has_kid),
        JSON_FIELD("alg", JSON_SPAN, struct key_body, algorithm, has_algorithm),
        JSON_FIELD("use", JSON_SPAN, struct key_body, use, has_use)};
    AUTO(arena_release) struct arena arena;
    struct key_body body = {0};
    arena_init(&arena, KEY_TEXT_MAX);
    struct span text = json_dump(&arena, value);
    if (set->count == KEYS_MAX || text.ptr == NULL ||
        !json_read_object(value, fields, ARRAY_SIZE(fields), false, &body, NULL) ||
        (body.has_use && !span_is(body.use, "sig")))
        return;
    cjose_jwk_t *jwk = cjose_jwk_import(text.ptr, text.len, NULL);
    if (jwk == NULL)
        return;
    set->keys[set->count++] =
        (struct key){jwk, copy(body.has_kid, body.kid), copy(body.has_algorithm, body.algorithm)};
}

struct key_set *key_set_parse(struct span text)
{
    struct set_body {
        const struct json_value *keys;
        bool has_keys;
    } body = {0};
    static const struct json_field field =
        JSON_FIELD("keys", JSON_ANY, struct set_body, keys, has_keys);
    AUTO(json_free_at) struct json_value *document = json_parse(text, NULL);
    struct key_set *set = mem_alloc(1, sizeof(*set));
    if (set == NULL || document == NULL ||
        !json_read_object(document, &field, 1, false, &body, NULL) || !body.has_keys)
        return set;
    for (size_t i = 0; json_is_array(body.keys) && i < json_length(body.keys); i++)
        add_key(set, json_item(body.keys, i));
    return set;
}

void key_set_free(struct key_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++) {
        cjose_jwk_release(set->keys[i].jwk);
        mem_free(set->keys[i].kid);
        mem_free(set->keys[i].algorithm);
    }
    mem_free(set);
}

/* The key's kind follows from the algorithm, never the other way round: so a public key cannot be
 * taken for a secret. */
static bool fits(const struct key *key, const char *algorithm, const char *kid)
{
    cjose_jwk_kty_t wanted =
        strncmp(algorithm, "ES", 2) == 0 ? CJOSE_JWK_KTY_EC : CJOSE_JWK_KTY_RSA;
    return cjose_jwk_get_kty(key->jwk, NULL) == wanted &&
           (key->algorithm == NULL || strcmp(key->algorithm, algorithm) == 0) &&
           (kid == NULL || (key->kid != NULL && strcmp(key->kid, kid) == 0));
}

bool key_set_try(const struct key_set *set, const char *algorithm, const char *kid,
                 bool (*verify)(void *context, const void *jwk), void *context, bool *ret_known)
{
    *ret_known = false;
    for (size_t i = 0; i < set->count; i++) {
        if (!fits(&set->keys[i], algorithm, kid))
            continue;
        *ret_known = true;
        if (verify(context, set->keys[i].jwk))
            return true;
    }
    return false;
}
