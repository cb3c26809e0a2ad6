/* JSON Web Tokens: verified against a key set and the claims we demand. */
#ifndef JOBD_AUTH_JWT_H
#define JOBD_AUTH_JWT_H

#include "auth/jwks.h"
#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* The texts must outlive the verifier. */
struct jwt_options {
    const char *algorithms; /* comma-separated, of RS256..512, PS256..512, ES256..512 */
    const char *types; /* comma-separated, compared without case; "-": also tokens without typ */
    const char *issuer; /* NULL: any */
    const char *audience; /* NULL: any; else it must be `aud` or one of its elements */
    const char *principal; /* the claim that names the account */
    int64_t skew_ms;
};

struct jwt; /* any thread */

/* Whether all in the comma-separated list are known; false names the first that is not. */
bool jwt_algorithms_check(const char *algorithms, struct err *err);

/* False names an unknown algorithm. `jwks` is borrowed. */
bool jwt_new(const struct jwt_options *options, struct jwks *jwks, struct jwt **ret_jwt,
             struct err *err);
void jwt_free(struct jwt *jwt);

/*
 * Verifies a compact JWS at `now_ms`: signature, algorithm, typ, exp (mandatory), nbf, iss, aud. On
 * success the principal (text in `arena`) and the moment it expires. False with a reason for the
 * log, never for the client, in `err`.
 */
bool jwt_verify(struct jwt *jwt, struct arena *arena, struct span token, int64_t now_ms,
                struct span *ret_principal, int64_t *ret_expires_ms, struct err *err);

#endif
