/* The accounts in memory follow those in the store, whoever changes them. */
#ifndef JOBD_DAEMON_ACCOUNTS_H
#define JOBD_DAEMON_ACCOUNTS_H

#include "auth/users.h"
#include "store/store.h"

struct accounts;

/* Loads all accounts into `users` and starts a thread that does so again within a second of each
 * change. */
bool accounts_follow(struct store *store, struct users *users, struct accounts **ret_accounts,
                     struct err *err);
void accounts_stop(struct accounts *accounts);

#endif
