/* The users: a snapshot of all accounts in memory, replaced as a whole when one changes. */
#ifndef JOBD_AUTH_USERS_H
#define JOBD_AUTH_USERS_H

#include "model/account.h"

#include <stdbool.h>
#include <stddef.h>

/* Any thread. */
struct users;

/* NULL without memory. An empty directory: nobody can sign in. */
struct users *users_new(void);
void users_free(struct users *users);

/* Replaces all accounts by copies of these; false (unchanged) without memory. */
bool users_replace(struct users *users, const struct account *accounts, size_t count);

/* Copies the account out; false when there is none. Disabled accounts are found too. */
bool users_by_name(struct users *users, struct span name, struct account *ret_account);
bool users_by_id(struct users *users, const struct uuid *id, struct account *ret_account);

/* Shows every account, sorted by name, under a lock: `visit` must not call any of these. */
void users_each(struct users *users, void (*visit)(void *context, const struct account *account),
                void *context);

#endif
