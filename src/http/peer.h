/* A peer: whoever is at the other end of a connection, with its address and its deadline. */
#ifndef JOBD_HTTP_PEER_H
#define JOBD_HTTP_PEER_H

#include "base/span.h"
#include "http/watchdog.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct request;

struct peer {
    struct watched watched;
    char address[INET6_ADDRSTRLEN]; /* empty for a Unix socket */
};

/*
 * Of a connection just accepted: watched from now on, and to say something within `timeout_ms`.
 * `address` may be NULL. Ends the process without memory.
 */
struct peer *peer_open(struct watchdog *watchdog, int fd, const struct sockaddr *address,
                       int64_t timeout_ms);

/* Before the descriptor is closed. */
void peer_close(struct peer *peer, struct watchdog *watchdog);

/*
 * The address `request` comes from, in memory of the peer or the request. Behind a reverse proxy on
 * a Unix socket the proxy's word for the client, the last of X-Forwarded-For, counts: only this
 * machine can speak there.
 */
struct span peer_client(const struct peer *peer, struct request *request);

/* Whether such a proxy says, by X-Forwarded-Proto, that it was asked over TLS. */
bool peer_is_encrypted(const struct peer *peer, struct request *request);

#endif
