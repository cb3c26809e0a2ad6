/* An account: who may call, and in which role. */
#ifndef JOBD_MODEL_ACCOUNT_H
#define JOBD_MODEL_ACCOUNT_H

#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stdint.h>

enum role { ROLE_READER, ROLE_USER, ROLE_WORKER, ROLE_ADMIN, ROLE_COUNT };

#define ACCOUNT_NAME_MAX 64
#define ACCOUNT_PASSWORD_MIN 8
#define ACCOUNT_PASSWORD_MAX 1024
/* An encoded argon2id hash and its NUL (crypto_pwhash_STRBYTES). */
#define ACCOUNT_HASH_SIZE 128

struct account {
    struct uuid id;
    char name[ACCOUNT_NAME_MAX + 1];
    enum role role;
    bool disabled;
    char hash[ACCOUNT_HASH_SIZE];
    int64_t created_on;
};

/* What may change of an account; a set of them is an unsigned. */
enum account_member { ACCOUNT_ROLE = 1, ACCOUNT_DISABLED = 2, ACCOUNT_HASH = 4 };
#define ACCOUNT_MEMBERS_ALL 7u

/* Copies the members named from `given`, and leaves the others as they are. */
void account_apply(struct account *account, const struct account *given, unsigned members);

const char *role_name(enum role role);
bool role_parse(struct span text, enum role *ret_role);

/* 1..64 of [A-Za-z0-9._@+-]. */
bool account_name_check(struct span name, struct err *err);

/* 8..1024 bytes of UTF-8 without control characters. */
bool account_password_check(struct span password, struct err *err);

/*
 * What roles allow, on their own or on a job. A reader only reads, also where a job is its own:
 * what needs account_may_create is FORBIDDEN to it, not JOB_NOT_OWNED.
 */
bool account_may_create(const struct account *account);
bool account_may_create_for_others(const struct account *account);
bool account_may_claim(const struct account *account);
bool account_may_report(const struct account *account, const struct uuid *user,
                        const struct uuid *created_by);
bool account_may_delete(const struct account *account, const struct uuid *user);

#endif
