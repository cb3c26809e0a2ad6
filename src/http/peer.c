/* A peer: whoever is at the other end of a connection, with its address and its deadline. */
#include "http/peer.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "http/request.h"

#include <arpa/inet.h>
#include <string.h>

static void describe(const struct sockaddr *address, char text[static INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    if (address == NULL)
        return;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        inet_ntop(AF_INET, &in.sin_addr, text, INET6_ADDRSTRLEN);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        inet_ntop(AF_INET6, &in6.sin6_addr, text, INET6_ADDRSTRLEN);
    }
}

struct peer *peer_open(struct watchdog *watchdog, int fd, const struct sockaddr *address,
                       int64_t timeout_ms)
{
    struct peer *peer = mem_need(mem_alloc(1, sizeof(*peer)));
    peer->watched.fd = fd;
    describe(address, peer->address);
    watchdog_expect(watchdog, &peer->watched, timeout_ms);
    watchdog_watch(watchdog, &peer->watched);
    metric_add(METRIC_HTTP_CONNECTIONS, 1);
    return peer;
}

void peer_close(struct peer *peer, struct watchdog *watchdog)
{
    watchdog_unwatch(watchdog, &peer->watched);
    metric_add(METRIC_HTTP_CONNECTIONS, -1);
    mem_free(peer);
}

/*
 * The last item of a list, be it in one header or in several: what the proxy next to us put there.
 * All before it is what its client sent.
 */
static struct span forwarded(struct request *request, const char *name)
{
    struct span list = request_header_last(request, name), item = {0};
    while (span_cut(&list, ',', &item))
        ;
    return span_trim(item);
}

struct span peer_client(const struct peer *peer, struct request *request)
{
    if (peer->address[0] != '\0')
        return span_of(peer->address);
    struct span client = forwarded(request, "X-Forwarded-For");
    return client.len > 0 ? client : span_of("local");
}

bool peer_is_encrypted(const struct peer *peer, struct request *request)
{
    return peer->address[0] == '\0' &&
           span_is_nocase(forwarded(request, "X-Forwarded-Proto"), "https");
}
