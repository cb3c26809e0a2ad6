/* Sessions: what stands for a token and a password, and the body of a sign-in. */
#include "model/session.h"

#include "base/scope.h"
#include "model/body.h"

void session_token_digest(struct span token, uint8_t ret_digest[static DIGEST_SIZE])
{
    digest_pair(span_of("session token"), token, ret_digest);
}

/* The hash of a password holds its own salt, so the same password set anew is another one. */
void session_proof(const struct account *account, uint8_t ret_proof[static DIGEST_SIZE])
{
    digest_pair(span_of("session proof"), span_of(account->hash), ret_proof);
}

struct given {
    struct span user, password;
    bool has_user, has_password;
};

static const struct json_field fields[] = {
    JSON_FIELD("user", JSON_SPAN, struct given, user, has_user),
    JSON_FIELD("password", JSON_SPAN, struct given, password, has_password),
};

enum problem sign_in_read(struct arena *arena, struct span body, struct sign_in *ret_sign_in,
                          struct err *err)
{
    AUTO(json_free_at) struct json_value *document = body_parse(body, err);
    struct given given = {0};
    if (document == NULL || !body_read(document, fields, ARRAY_SIZE(fields), true, &given, err))
        return PROBLEM_INVALID_REQUEST;
    if (!given.has_user || !given.has_password) {
        err_set(err, "The field %s is required.", given.has_user ? "password" : "user");
        return PROBLEM_INVALID_REQUEST;
    }
    struct sign_in sign_in = {arena_span(arena, given.user), arena_span(arena, given.password)};
    if (sign_in.user.ptr == NULL || sign_in.password.ptr == NULL)
        return problem_no_memory(err);
    *ret_sign_in = sign_in;
    return PROBLEM_NONE;
}
