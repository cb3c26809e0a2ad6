/* Authentication: from an Authorization header to an account, without a hash a request. */
#ifndef JOBD_AUTH_AUTH_H
#define JOBD_AUTH_AUTH_H

#include "auth/jwt.h"
#include "auth/users.h"
#include "base/clock.h"
#include "model/account.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stdint.h>

struct auth_options {
    const struct clock *clock;
    struct users *users; /* borrowed */
    struct jwt *jwt; /* borrowed; NULL: no tokens */
    int64_t cache_ms; /* how long verified credentials are believed; 0: not at all */
    unsigned hashes; /* password hashes at once: so many threads */
    unsigned failures; /* failed Basic attempts an address may make in a row (one more every six
                          seconds); 0: any number */
};

struct auth; /* any thread */

/* False without memory or threads. */
bool auth_open(const struct auth_options *options, struct auth **ret_auth, struct err *err);

/* Every check must have ended. */
void auth_close(struct auth *auth);

/*
 * One check, owned by the caller until `done` is called, exactly once, on any thread, possibly
 * before auth_check returns (cached credentials, tokens, plainly bad headers). Problems:
 * NOT_AUTHENTICATED, TOO_MANY_REQUESTS (then retry_after is in seconds), INTERNAL. `err` holds the
 * reason, for the log, never for the client.
 */
struct auth_check {
    void (*done)(struct auth_check *check);
    void *context; /* the caller's own */
    struct span authorization; /* the header's value, empty when absent; must live until done */
    struct span address; /* whom to throttle: the client's address as text or bytes */
    enum problem problem;
    struct err err;
    struct account account;
    bool by_password; /* over when the account's is another one */
    int64_t ends_on; /* wall clock: when the credentials end by themselves; INT64_MAX: never */
    int retry_after;
    struct auth_check *next; /* private */
};
void auth_check(struct auth *auth, struct auth_check *check);

#endif
