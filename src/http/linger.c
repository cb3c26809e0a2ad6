/* Lingering: what a client still sends behind its answer is read, lest the answer be lost. */
#include "http/linger.h"

#include "base/mem.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGERERS_MAX 64
#define LINGER_NS INT64_C(2000000000)
#define LINGER_BYTES (32 << 20)
#define LOOK_MS 100
#define PIECE (64u << 10)

struct lingerer {
    int fd;
    int64_t end_ns;
    int64_t bytes; /* that may still come */
};

struct lingering {
    const struct clock *clock;
    pthread_t thread;
    int wake; /* an eventfd: somebody came, or all ends */
    pthread_mutex_t lock; /* guards what follows */
    struct lingerer all[LINGERERS_MAX];
    size_t count;
    bool stopping;
};

/* False when there is nothing more to wait for. */
static bool drain(struct lingerer *lingerer, int64_t now)
{
    char piece[PIECE];
    ssize_t len;
    while ((len = recv(lingerer->fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0 &&
           lingerer->bytes > 0)
        lingerer->bytes -= len;
    return len < 0 && (errno == EAGAIN || errno == EINTR) && now < lingerer->end_ns;
}

/* Reads from everybody; sends away who has ended, stayed too long or talked too much. */
static void drain_all(struct lingering *lingering)
{
    int64_t now = clock_mono_ns(lingering->clock);
    size_t kept = 0;
    for (size_t i = 0; i < lingering->count; i++) {
        if (drain(&lingering->all[i], now))
            lingering->all[kept++] = lingering->all[i];
        else
            close(lingering->all[i].fd);
    }
    lingering->count = kept;
}

/* The first place is the eventfd's. */
static size_t gather(struct lingering *lingering, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = lingering->wake, .events = POLLIN};
    for (size_t i = 0; i < lingering->count; i++)
        fds[i + 1] = (struct pollfd){.fd = lingering->all[i].fd, .events = POLLIN};
    return lingering->count;
}

static void wait_for_bytes(struct lingering *lingering)
{
    struct pollfd fds[LINGERERS_MAX + 1];
    eventfd_t value;
    size_t count = gather(lingering, fds);
    pthread_mutex_unlock(&lingering->lock);
    poll(fds, (nfds_t)count + 1, count > 0 ? LOOK_MS : -1);
    eventfd_read(lingering->wake, &value);
    pthread_mutex_lock(&lingering->lock);
}

static void *follow(void *argument)
{
    struct lingering *lingering = argument;
    pthread_mutex_lock(&lingering->lock);
    while (!lingering->stopping) {
        wait_for_bytes(lingering);
        drain_all(lingering);
    }
    pthread_mutex_unlock(&lingering->lock);
    return NULL;
}

static void linger_free(struct lingering *lingering)
{
    for (size_t i = 0; i < lingering->count; i++)
        close(lingering->all[i].fd);
    if (lingering->wake >= 0)
        close(lingering->wake);
    pthread_mutex_destroy(&lingering->lock);
    mem_free(lingering);
}

bool linger_start(const struct clock *clock, struct lingering **ret_lingering, struct err *err)
{
    struct lingering *lingering = mem_need(mem_alloc(1, sizeof(*lingering)));
    lingering->clock = clock;
    lingering->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&lingering->lock, NULL);
    if (lingering->wake < 0)
        err_set(err, "An eventfd cannot be made: %s.", strerror(errno));
    if (lingering->wake < 0 || !thread_start(&lingering->thread, follow, lingering, err)) {
        linger_free(lingering);
        return false;
    }
    *ret_lingering = lingering;
    return true;
}

void linger_stop(struct lingering *lingering)
{
    if (lingering == NULL)
        return;
    pthread_mutex_lock(&lingering->lock);
    lingering->stopping = true;
    pthread_mutex_unlock(&lingering->lock);
    eventfd_write(lingering->wake, 1);
    pthread_join(lingering->thread, NULL);
    linger_free(lingering);
}

void linger_add(struct lingering *lingering, int fd)
{
    struct lingerer lingerer = {.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
                                .end_ns = clock_mono_ns(lingering->clock) + LINGER_NS,
                                .bytes = LINGER_BYTES};
    if (lingerer.fd < 0)
        return;
    shutdown(lingerer.fd, SHUT_WR);
    pthread_mutex_lock(&lingering->lock);
    bool room = lingering->count < LINGERERS_MAX && !lingering->stopping;
    if (room)
        lingering->all[lingering->count++] = lingerer;
    pthread_mutex_unlock(&lingering->lock);
    if (room)
        eventfd_write(lingering->wake, 1);
    else
        close(lingerer.fd);
}
