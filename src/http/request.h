/* A request on its way through: what came, who sent it, and the answer being made. */
#ifndef JOBD_HTTP_REQUEST_H
#define JOBD_HTTP_REQUEST_H

#include "auth/auth.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "base/trace.h"
#include "model/account.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stdint.h>

struct route;
struct service;
struct stream;

/* What the caller is known by, for answers that outlive it. */
struct credentials {
    bool password; /* which is theirs still, or which opened the session */
    bool session;
    int64_t ends_on; /* wall clock: when they end by themselves; INT64_MAX: never */
};

#define REQUEST_ARENA_CEILING (48u << 20)
#define REQUEST_BODY_CEILING (16u << 20) /* no route takes a larger one */
/*
 * What was done cannot be undone by an answer that does not fit, so every answer must. A bulk
 * create answers each text of its body, which had to escape it too: control characters but tab and
 * newline are refused, and neither those nor quotes and backslashes are spelt any longer by us. To
 * that come less than 1.5 KiB a job: 18 MiB. A hundred claims with 256 KiB of payload and 50 KiB of
 * escaped texts each take 31 MiB.
 */
#define RESPONSE_CEILING (4 * REQUEST_BODY_CEILING)
#define RESPONSE_HEADERS_MAX 10

struct response_header {
    const char *name;
    const char *value; /* lives in the arena or for ever */
};

struct response {
    int status; /* 0: not made yet */
    const char *content_type; /* NULL: no body */
    struct buf body; /* what is sent, unless: */
    struct span fixed; /* bytes that live for ever */
    const struct stream *stream; /* or what fills `body` again and again: see http/stream.h */
    size_t sent; /* of a stream's body */
    bool ended; /* a stream has nothing more to add */
    struct response_header headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    bool close; /* the connection ends with it */
};

/*
 * One request, one thread at a time: a handler runs on a server thread and either makes the
 * response or says who continues (request_pause) and starts something that calls request_wake
 * later. Everything it needs until the answer is sent lives in `arena`.
 */
struct request {
    struct arena arena;
    const char *method;
    struct span path; /* raw, without the query */
    struct span query; /* raw, without the `?` */
    struct span body; /* whole, under the route's ceiling */
    struct span argument; /* the {…} of the route's path, decoded; empty without one */
    const struct route *route;
    struct service *service;
    struct account account; /* of the caller, where the route asks for one */
    struct credentials credentials; /* the caller's */
    struct trace trace;
    struct response response;
    void *operation; /* what the handler has under way, and what answers once it is done */
    void (*answer)(struct request *request);
    void (*resume)(struct request *request); /* what runs after request_wake; NULL: nobody waits */
};

/* The value of a header, empty when absent; of several, the first one's or the last one's. */
struct span request_header(struct request *request, const char *name);
struct span request_header_last(struct request *request, const char *name);

/*
 * Whether its client has hung up. Between request_pause and request_wake, or while a stream lasts;
 * any thread; does not block.
 */
bool request_client_gone(struct request *request);

/*
 * request_pause: the handler is about to start something asynchronous; after request_wake, `resume`
 * runs on a server thread. request_wake may be called from any thread, once, even before the
 * handler returns.
 */
void request_pause(struct request *request, void (*resume)(struct request *request));
void request_wake(struct request *request);

#endif
