/* Feeds tokens to jwt_verify, against two public keys: nothing passes but what they have signed. */
#include "fuzz.h"

#include "auth/jwt.h"

#include <sodium.h>
#include <unistd.h>

/* The halves that sign are not kept: the tokens among the seeds are all there will ever be. */
static const char keys[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\","
    "\"x\":\"ZywX3jSO3FAUppvc1jxYTucUFRvyMF-ZTyzH7NXiuwM\","
    "\"y\":\"oKy0PnH7zy_C_UDxbT6Lb3tgGDA6ipdh5hOD12Ez_dc\"},"
    "{\"kty\":\"RSA\",\"kid\":\"r\",\"e\":\"AQAB\",\"n\":\""
    "tmI_LSqmAJnUALFsWTcmJhR1pWmi8gnr6MRBiMKh4eJVVDPzq15qf80YxcbPTrVbVb44Q-ytfD93-64VdSibek"
    "TD6-JnxVDgnHQZ_kbQ_r6ROKwKPUVNzg10Pwj65a83rdRalNIhDtA4pLe5MHp3lzeFGFYjbJBt99fLA82FACs"
    "\"}]}";

static struct jwt *open_verifier(void)
{
    static const struct jwt_options options = {.algorithms = "RS256,ES256",
                                               .types = "at+jwt,jwt",
                                               .issuer = "i",
                                               .audience = "jobd",
                                               .principal = "sub"};
    static char path[] = "/tmp/fuzz-jwks-XXXXXX"; /* its text is looked at for ever */
    struct jwks *jwks = NULL;
    struct jwt *jwt = NULL;
    struct err err = {0};
    int fd = mkstemp(path);
    MUST(fd >= 0 && write(fd, keys, sizeof(keys) - 1) == sizeof(keys) - 1 && close(fd) == 0);
    MUST(jwks_open(path, &clock_system, &jwks, &err) && jwt_new(&options, jwks, &jwt, &err));
    unlink(path);
    return jwt;
}

static void add_part(struct arena *arena, char **token, struct span part)
{
    size_t size = sodium_base64_encoded_len(part.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = ARENA_ARRAY(arena, char, size);
    sodium_bin2base64(text, size, (const unsigned char *)part.ptr, part.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    *token = arena_printf(arena, "%s%s%s", *token, **token != '\0' ? "." : "", text);
}

/* Lines that become the parts of a token, so that mutations hit the JSON and not its encoding. */
static struct span from_lines(struct arena *arena, struct span lines)
{
    struct span line;
    char *token = arena_strdup(arena, "");
    while (span_cut(&lines, '\n', &line))
        add_part(arena, &token, line);
    return span_of(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jwt *jwt;
    struct arena arena;
    struct span token, principal;
    struct err err = {0};
    int64_t expires;
    if (jwt == NULL)
        jwt = open_verifier();
    if (size == 0)
        return 0;
    arena_init(&arena, FUZZ_ARENA);
    token = arena_span(&arena, fuzz_span(data + 1, size - 1));
    if (data[0] == 'j')
        token = from_lines(&arena, token);
    if (jwt_verify(jwt, &arena, token, INT64_C(1800000000000), &principal, &expires, &err))
        MUST(span_is(principal, "alice") && expires == INT64_C(4102444800000));
    arena_release(&arena);
    return 0;
}
