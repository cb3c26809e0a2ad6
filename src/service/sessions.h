/* Sessions: signing a browser in, knowing it again by its token, and signing it out. */
#ifndef JOBD_SERVICE_SESSIONS_H
#define JOBD_SERVICE_SESSIONS_H

#include "auth/secret.h"
#include "service/service.h"

/* 256 random bits. */
#define SESSION_TOKEN_BYTES 32

struct sessions; /* any thread */

/* Sessions end `lifetime_ms` after they were opened, used or not. NULL without memory. */
struct sessions *sessions_new(int64_t lifetime_ms);
void sessions_free(struct sessions *sessions);
int64_t sessions_lifetime(const struct sessions *sessions);

/* Of each operation the caller sets done and context of the store's call, and is answered by it. */

/* Besides: account, who has shown a password. The token is for the browser alone, once it is
 * answered without a problem. */
struct sessions_open {
    struct store_session write;
    const struct account *account;
    char token[SECRET_SIZE(SESSION_TOKEN_BYTES)];
};
void sessions_open(struct service *service, struct sessions_open *open);

/*
 * Besides: token, which lives until done. NOT_AUTHENTICATED (call.err holds the reason, for the
 * log) for what is no session any more: its time is over, it was closed, or its account is
 * disabled, gone, or has another password. A session that was looked up is believed for a second,
 * so that it costs no read a request.
 */
struct sessions_check {
    struct store_session_get get;
    struct span token;
    struct account account; /* out, as the users know it now */
    int64_t ends_on; /* out: when its time is over, wall clock */
    struct service *service; /* private */
    void (*done)(struct store_call *call); /* private */
};
void sessions_check(struct service *service, struct sessions_check *check);

/* Besides: token, which lives until done. What is no session is no problem. */
struct sessions_close {
    struct store_session write;
    struct span token;
    struct service *service; /* private */
    void (*done)(struct store_call *call); /* private */
};
void sessions_close(struct service *service, struct sessions_close *close);

#endif
