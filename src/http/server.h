/* The HTTP server: connections in, answers out; nothing else sees libmicrohttpd. */
#ifndef JOBD_HTTP_SERVER_H
#define JOBD_HTTP_SERVER_H

#include "auth/auth.h"
#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route;
struct service;

struct server_options {
    const char *listen; /* "HOST:PORT" ("[::1]:8080", port 0: any) or "unix:PATH" */
    const char *tls_cert; /* PEM text, or NULL: plain HTTP */
    const char *tls_key;
    bool secure_cookies; /* browsers only send them back encrypted */
    unsigned threads;
    unsigned connections_max, connections_per_address_max;
    int64_t head_timeout_ms; /* from the request line to the end of the headers */
    int64_t body_timeout_ms; /* for the body to come, and for the answer to be taken */
    int64_t idle_timeout_ms; /* from connecting, or the last answer, to the next whole head */
    const struct clock *clock;
    struct auth *auth; /* these are borrowed */
    struct service *service;
    const struct route *routes;
    size_t route_count;
};

struct server;

/* Listens and serves on threads of its own. False names what is in the way. */
bool server_start(const struct server_options *options, struct server **ret_server,
                  struct err *err);

/* Where it listens, with the real port: "127.0.0.1:8080", "unix:/run/jobd.sock". */
const char *server_address(const struct server *server);

/*
 * Stops: no new connections, answers what is in flight within `timeout_ms` (each with `Connection:
 * close`), then ends and frees. The waiting ends at once when another thread sets `*hurry`.
 */
void server_stop(struct server *server, int64_t timeout_ms, const _Atomic bool *hurry);

#endif
