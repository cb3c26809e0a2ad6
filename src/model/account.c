/* Accounts: role names, the rules of names and passwords, and what a role may do. */
#include "model/account.h"

#include "base/text.h"

#include <assert.h>

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_READER] = "reader",
    [ROLE_USER] = "user",
    [ROLE_WORKER] = "worker",
    [ROLE_ADMIN] = "admin",
};

const char *role_name(enum role role)
{
    assert((unsigned)role < ROLE_COUNT);
    return role_names[role];
}

void account_apply(struct account *account, const struct account *given, unsigned members)
{
    if (members & ACCOUNT_ROLE)
        account->role = given->role;
    if (members & ACCOUNT_DISABLED)
        account->disabled = given->disabled;
    if (members & ACCOUNT_HASH)
        memcpy(account->hash, given->hash, sizeof(account->hash));
}

bool role_parse(struct span text, enum role *ret_role)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (span_is(text, role_names[i])) {
            *ret_role = (enum role)i;
            return true;
        }
    }
    return false;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("._@+-", byte) != NULL);
}

bool account_name_check(struct span name, struct err *err)
{
    if (name.len < 1 || name.len > ACCOUNT_NAME_MAX)
        return err_set(err, "An account name must have 1 to %d characters.", ACCOUNT_NAME_MAX);
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_byte(name.ptr[i]))
            return err_set(err, "An account name may only hold letters A to Z and a to z, digits, "
                                "and the characters . _ @ + -");
    }
    return true;
}

bool account_password_check(struct span password, struct err *err)
{
    if (password.len < ACCOUNT_PASSWORD_MIN || password.len > ACCOUNT_PASSWORD_MAX)
        return err_set(err, "A password must have %d to %d bytes.", ACCOUNT_PASSWORD_MIN,
                       ACCOUNT_PASSWORD_MAX);
    if (!text_check(password, TEXT_NO_CONTROLS, NULL))
        return err_set(err, "A password must be UTF-8 text without control characters.");
    return true;
}

bool account_may_create(const struct account *account)
{
    return account->role != ROLE_READER;
}

bool account_may_create_for_others(const struct account *account)
{
    return account->role == ROLE_WORKER || account->role == ROLE_ADMIN;
}

bool account_may_claim(const struct account *account)
{
    return account->role == ROLE_WORKER || account->role == ROLE_ADMIN;
}

static bool owns(const struct account *account, const struct uuid *user)
{
    return account->role != ROLE_READER && uuid_eq(&account->id, user);
}

bool account_may_report(const struct account *account, const struct uuid *user,
                        const struct uuid *created_by)
{
    return account->role == ROLE_ADMIN || owns(account, user) || owns(account, created_by);
}

bool account_may_delete(const struct account *account, const struct uuid *user)
{
    return account->role == ROLE_ADMIN || owns(account, user);
}
