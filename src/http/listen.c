/* Listening sockets: TCP on a host and port, or Unix on a path. */
#include "http/listen.h"

#include "base/parse.h"
#include "base/scope.h"
#include "base/span.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX_PREFIX "unix:"
#define BACKLOG 1024

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void free_addresses(struct addrinfo **addresses)
{
    if (*addresses != NULL)
        freeaddrinfo(*addresses);
}

static bool is_unix(const char *listen)
{
    return span_starts(span_of(listen), UNIX_PREFIX);
}

/* Somebody who accepts connections there is alive; a file without a listener is left over from one
 * who died. */
static bool unix_answers(const struct sockaddr_un *address)
{
    AUTO(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

static bool open_unix(const char *path, int *ret_fd, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return err_set(err, "the socket path %s is longer than %zu bytes", path,
                       sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path));
    if (unix_answers(&address))
        return err_set(err, "somebody already serves on %s", path);
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
    AUTO(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0)
        return err_set(err, "cannot listen on %s: %s", path, strerror(errno));
    *ret_fd = fd;
    fd = -1;
    return true;
}

/* "HOST:PORT" apart; the last colon counts, brackets around the host are dropped. */
static bool split(const char *listen, char host[static 256], char port[static 8], struct err *err)
{
    const char *colon = strrchr(listen, ':');
    struct span name = {listen, colon != NULL ? (size_t)(colon - listen) : 0};
    if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = (struct span){name.ptr + 1, name.len - 2};
    if (colon == NULL || name.len == 0 || name.len > 255 || strlen(colon + 1) > 5 ||
        strlen(colon + 1) == 0)
        return err_set(err, "%s is neither HOST:PORT nor unix:PATH", listen);
    int64_t number;
    if (!parse_int(span_of(colon + 1), 0, 65535, &number))
        return err_set(err, "%s has no port from 0 to 65535", listen);
    snprintf(host, 256, "%.*s", (int)name.len, name.ptr);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static bool resolve(const char *listen, struct addrinfo **ret_addresses, struct err *err)
{
    char host[256], port[8];
    if (!split(listen, host, port, err))
        return false;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int code = getaddrinfo(host, port, &hints, ret_addresses);
    if (code != 0)
        return err_set(err, "cannot resolve %s: %s", listen, gai_strerror(code));
    return true;
}

static bool open_tcp(const char *listen_on, int *ret_fd, struct err *err)
{
    AUTO(free_addresses) struct addrinfo *addresses = NULL;
    if (!resolve(listen_on, &addresses, err))
        return false;
    AUTO(close_fd)
    int fd = socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, addresses->ai_addr, addresses->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        return err_set(err, "cannot listen on %s: %s", listen_on, strerror(errno));
    *ret_fd = fd;
    fd = -1;
    return true;
}

static void describe(int fd, const char *listen, char ret_address[static LISTEN_ADDRESS_SIZE])
{
    struct sockaddr_storage storage = {0};
    socklen_t size = sizeof(storage);
    char host[64] = "", port[8] = "";
    if (is_unix(listen) || getsockname(fd, (struct sockaddr *)&storage, &size) != 0 ||
        getnameinfo((struct sockaddr *)&storage, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(ret_address, LISTEN_ADDRESS_SIZE, "%s", listen);
    else
        snprintf(ret_address, LISTEN_ADDRESS_SIZE, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
                 port);
}

bool listen_open(const char *listen, int *ret_fd, char ret_address[static LISTEN_ADDRESS_SIZE],
                 struct err *err)
{
    bool good = is_unix(listen) ? open_unix(listen + strlen(UNIX_PREFIX), ret_fd, err)
                                : open_tcp(listen, ret_fd, err);
    if (good)
        describe(*ret_fd, listen, ret_address);
    return good;
}

static bool address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof(in6));
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

bool listen_check(const char *listen, struct err *err)
{
    char host[256], port[8];
    return is_unix(listen) || split(listen, host, port, err);
}

bool listen_is_local(const char *listen)
{
    if (is_unix(listen))
        return true;
    AUTO(free_addresses) struct addrinfo *addresses = NULL;
    if (!resolve(listen, &addresses, NULL))
        return false;
    bool local = true;
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next)
        local = local && address_is_loopback(at->ai_addr);
    return local;
}
