/* A session: a browser that signed in, until when; and the body that asks for one. */
#ifndef JOBD_MODEL_SESSION_H
#define JOBD_MODEL_SESSION_H

#include "base/arena.h"
#include "base/span.h"
#include "base/uuid.h"
#include "model/account.h"
#include "model/digest.h"
#include "model/problem.h"

#include <stdint.h>

/* Only the browser has the token; what stands for it here opens nothing. */
struct session {
    uint8_t token[DIGEST_SIZE]; /* session_token_digest */
    struct uuid account;
    uint8_t proof[DIGEST_SIZE]; /* session_proof of the account when it signed in */
    int64_t created_on, expires_on; /* ms, wall clock */
};

/* So many of an account's are kept; the oldest makes room. */
#define SESSIONS_PER_ACCOUNT 20

void session_token_digest(struct span token, uint8_t ret_digest[static DIGEST_SIZE]);

/* Stands for the account's password: a session whose proof is another one has ended. */
void session_proof(const struct account *account, uint8_t ret_proof[static DIGEST_SIZE]);

/* What POST /session asks for: `{user, password}`. */
struct sign_in {
    struct span user, password;
};

/* Reads a whole body, texts in `arena`. INVALID_REQUEST; lengths are not told from wrong ones. */
enum problem sign_in_read(struct arena *arena, struct span body, struct sign_in *ret_sign_in,
                          struct err *err);

#endif
