/* An exchange: one request with its answer, from the pool it comes from and goes back to. */
#ifndef JOBD_HTTP_EXCHANGE_H
#define JOBD_HTTP_EXCHANGE_H

#include "auth/auth.h"
#include "base/scope.h"
#include "http/gate.h"
#include "http/request.h"
#include "http/watchdog.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct server;
struct server_options;
struct peer;
struct MHD_Connection;

/* Where an exchange stands; it only ever moves down this list. */
enum stage {
    STAGE_HEAD, /* the head is arriving */
    STAGE_AUTH, /* the head is whole and checked; the credentials are not yet */
    STAGE_BODY, /* the body is arriving */
    STAGE_HANDLE /* everything is here */
};

/* Whether somebody else has to wake the exchange; see request_pause. */
enum wake { WAKE_NOT_YET, WAKE_DONE, WAKE_SUSPENDED };

struct exchange {
    struct request request;
    struct server *server;
    const struct server_options *options;
    struct peer *peer;
    struct MHD_Connection *mhd;
    enum stage stage;
    _Atomic int wake;
    struct gate gate;
    struct auth_check check;
    void (*found)(struct request *request); /* what runs once the caller is known */
    struct buf body;
    size_t discarded;
    int64_t started_ns;
    struct exchange *next; /* in the pool */
};

static inline struct exchange *exchange_of(struct request *request)
{
    return CONTAINER_OF(request, struct exchange, request);
}

/* Exchanges at rest keep a little memory each, so that the steady state allocates nothing. Any
 * thread. */
struct exchange_pool {
    pthread_mutex_t lock;
    struct exchange *free;
    size_t count;
};

void exchange_pool_init(struct exchange_pool *pool);
void exchange_pool_release(struct exchange_pool *pool);

/* An empty exchange; NULL without memory. */
struct exchange *exchange_take(struct exchange_pool *pool);
void exchange_put(struct exchange_pool *pool, struct exchange *exchange);

/* One line in the access log, and the metrics. */
void exchange_account(const struct exchange *exchange, int64_t now_ns);

#endif
