/* JSON Web Tokens: verified against a key set and the claims we demand. */
#include "auth/jwt.h"

#include "auth/key_set.h"
#include "base/json_read.h"
#include "base/mem.h"
#include "base/scope.h"

#include <cjose/cjose.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX (16u << 10)

/* Signatures by public keys only: "none" and the shared secrets of HS are not to be had. */
static const char known_algorithms[] = "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512";

struct jwt {
    struct jwt_options options;
    struct jwks *jwks;
    pthread_mutex_t lock; /* guards the parsed set, and verification with its keys */
    struct key_set *set;
    unsigned generation;
};

static bool in_list(const char *list, struct span wanted)
{
    struct span rest = span_of(list), item;
    while (span_cut(&rest, ',', &item)) {
        item = span_trim(item);
        if (item.len == wanted.len && item.len > 0 &&
            strncasecmp(item.ptr, wanted.ptr, item.len) == 0)
            return true;
    }
    return false;
}

bool jwt_algorithms_check(const char *algorithms, struct err *err)
{
    struct span rest = span_of(algorithms), item;
    while (span_cut(&rest, ',', &item))
        if (!in_list(known_algorithms, span_trim(item)))
            return err_set(err, "jwt-algorithms: \"%.*s\" is none of %s", (int)item.len, item.ptr,
                           known_algorithms);
    return true;
}

bool jwt_new(const struct jwt_options *options, struct jwks *jwks, struct jwt **ret_jwt,
             struct err *err)
{
    if (!jwt_algorithms_check(options->algorithms, err))
        return false;
    struct jwt *jwt = mem_need(mem_alloc(1, sizeof(*jwt)));
    jwt->options = *options;
    jwt->jwks = jwks;
    pthread_mutex_init(&jwt->lock, NULL);
    *ret_jwt = jwt;
    return true;
}

void jwt_free(struct jwt *jwt)
{
    if (jwt == NULL)
        return;
    key_set_free(jwt->set);
    pthread_mutex_destroy(&jwt->lock);
    mem_free(jwt);
}

/* Under the lock: the keys as they are now. */
static const struct key_set *current_set(struct jwt *jwt)
{
    unsigned generation = jwks_generation(jwt->jwks);
    if (jwt->set != NULL && generation == jwt->generation)
        return jwt->set;
    AUTO(mem_free_at) char *text = jwks_copy(jwt->jwks);
    struct key_set *set = key_set_parse(span_of(text));
    if (set == NULL)
        return jwt->set;
    key_set_free(jwt->set);
    jwt->set = set;
    jwt->generation = generation;
    return set;
}

static void release_jws(cjose_jws_t **jws)
{
    cjose_jws_release(*jws);
}

static bool verify_with(void *jws, const void *jwk)
{
    return cjose_jws_verify(jws, jwk, NULL);
}

/* What the header claims is compared with what is configured before any key is touched. */
static bool check_header(const struct jwt *jwt, cjose_header_t *header, struct err *err)
{
    const char *algorithm = cjose_header_get(header, CJOSE_HDR_ALG, NULL);
    const char *type = cjose_header_get(header, "typ", NULL);
    char *critical = cjose_header_get_raw(header, "crit", NULL);
    bool extended = critical != NULL;
    struct span type_name = span_of(type != NULL ? type : "-");
    cjose_get_dealloc()(critical);
    if (extended)
        return err_set(err, "the token has critical extensions");
    if (algorithm == NULL || !in_list(jwt->options.algorithms, span_of(algorithm)))
        return err_set(err, "the token's algorithm is not accepted");
    if (type_name.len > 12 && strncasecmp(type_name.ptr, "application/", 12) == 0)
        type_name = span_skip(type_name, 12);
    return in_list(jwt->options.types, type_name) ||
           err_set(err, "the token's typ is not accepted");
}

static bool check_signature(struct jwt *jwt, cjose_jws_t *jws, cjose_header_t *header,
                            struct err *err)
{
    const char *algorithm = cjose_header_get(header, CJOSE_HDR_ALG, NULL);
    const char *kid = cjose_header_get(header, CJOSE_HDR_KID, NULL);
    bool known = false, good = false;
    pthread_mutex_lock(&jwt->lock);
    const struct key_set *set = current_set(jwt);
    if (set != NULL)
        good = key_set_try(set, algorithm, kid, verify_with, jws, &known);
    pthread_mutex_unlock(&jwt->lock);
    if (!known)
        jwks_hurry(jwt->jwks);
    return good || err_set(err, known ? "the token's signature is wrong"
                                      : "the token's key is not in the key set");
}

struct claims {
    int64_t expires_ms, not_before_ms;
    struct span issuer, principal;
    const struct json_value *expires, *not_before, *audience;
    bool has_expires, has_not_before, has_issuer, has_audience, has_principal;
};

static bool audience_has(const struct claims *claims, const char *wanted, struct arena *arena)
{
    const char *quoted = arena_printf(arena, "\"%s\"", wanted);
    if (!claims->has_audience || quoted == NULL)
        return false;
    if (!json_is_array(claims->audience))
        return span_is(json_dump(arena, claims->audience), quoted);
    for (size_t i = 0; i < json_length(claims->audience); i++)
        if (span_is(json_dump(arena, json_item(claims->audience, i)), quoted))
            return true;
    return false;
}

static bool check_claims(const struct jwt *jwt, const struct claims *claims, struct arena *arena,
                         int64_t now_ms, struct err *err)
{
    const struct jwt_options *options = &jwt->options;
    if (!claims->has_expires)
        return err_set(err, "the token never expires");
    if (claims->expires_ms + options->skew_ms <= now_ms)
        return err_set(err, "the token has expired");
    if (claims->has_not_before && claims->not_before_ms - options->skew_ms > now_ms)
        return err_set(err, "the token is not valid yet");
    if (options->issuer != NULL &&
        (!claims->has_issuer || !span_is(claims->issuer, options->issuer)))
        return err_set(err, "the token's issuer is another one");
    if (options->audience != NULL && !audience_has(claims, options->audience, arena))
        return err_set(err, "the token is for another audience");
    return claims->has_principal || err_set(err, "the token names no principal");
}

/* RFC 7519, 2: a NumericDate is in seconds, which may have a fraction. */
static bool read_date(const struct json_value *value, struct arena *arena, int64_t *ret_ms)
{
    struct span text = json_dump(arena, value);
    char *end;
    if (text.ptr == NULL)
        return false;
    double seconds = strtod(text.ptr, &end);
    if (end != text.ptr + text.len || !(seconds >= 0 && seconds <= CLOCK_MAX_MS / 1000))
        return false;
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static bool read_dates(struct claims *claims, struct arena *arena, struct err *err)
{
    if (claims->has_expires && !read_date(claims->expires, arena, &claims->expires_ms))
        return err_set(err, "the token's exp is no date");
    return !claims->has_not_before ||
           read_date(claims->not_before, arena, &claims->not_before_ms) ||
           err_set(err, "the token's nbf is no date");
}

static bool read_claims(const struct jwt *jwt, const struct json_value *body, struct arena *arena,
                        struct claims *ret_claims, struct err *err)
{
    const struct json_field fields[] = {
        JSON_FIELD("exp", JSON_ANY, struct claims, expires, has_expires),
        JSON_FIELD("nbf", JSON_ANY, struct claims, not_before, has_not_before),
        JSON_FIELD("iss", JSON_SPAN, struct claims, issuer, has_issuer),
        JSON_FIELD("aud", JSON_ANY, struct claims, audience, has_audience),
        JSON_FIELD(jwt->options.principal, JSON_SPAN, struct claims, principal, has_principal)};
    return json_read_object(body, fields, ARRAY_SIZE(fields), false, ret_claims, err) &&
           read_dates(ret_claims, arena, err);
}

static bool check_payload(const struct jwt *jwt, cjose_jws_t *jws, struct arena *arena,
                          int64_t now_ms, struct claims *claims, struct err *err)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (!cjose_jws_get_plaintext(jws, &bytes, &len, NULL))
        return err_set(err, "the token has no payload");
    AUTO(json_free_at)
    struct json_value *body = json_parse((struct span){(const char *)bytes, len}, err);
    if (body == NULL || !read_claims(jwt, body, arena, claims, err) ||
        !check_claims(jwt, claims, arena, now_ms, err))
        return false;
    claims->principal = arena_span(arena, claims->principal);
    return claims->principal.ptr != NULL || err_set(err, "no memory");
}

static bool is_base64url(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return text.len > 0 && text.len % 4 != 1;
}

/* Three parts of plain base64url; on anything less cjose ends the process by an assert. */
static bool is_compact(struct span token)
{
    struct span part;
    size_t parts = 0;
    while (span_cut(&token, '.', &part))
        if (++parts > 3 || !is_base64url(part))
            return false;
    return parts == 3;
}

bool jwt_verify(struct jwt *jwt, struct arena *arena, struct span token, int64_t now_ms,
                struct span *ret_principal, int64_t *ret_expires_ms, struct err *err)
{
    struct claims claims = {0};
    if (token.len > TOKEN_MAX)
        return err_set(err, "the token is too long");
    if (!is_compact(token))
        return err_set(err, "the token is malformed");
    AUTO(release_jws) cjose_jws_t *jws = cjose_jws_import(token.ptr, token.len, NULL);
    cjose_header_t *header = jws != NULL ? cjose_jws_get_protected(jws) : NULL;
    if (header == NULL)
        return err_set(err, "the token is malformed");
    if (!check_header(jwt, header, err) || !check_signature(jwt, jws, header, err) ||
        !check_payload(jwt, jws, arena, now_ms, &claims, err))
        return false;
    *ret_principal = claims.principal;
    *ret_expires_ms = claims.expires_ms + jwt->options.skew_ms;
    return true;
}
