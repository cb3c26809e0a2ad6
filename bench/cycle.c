/* Creates, takes and ends jobs over many connections, one request at a time on each, timed. */
#include "cycle.h"

#include "base/clock.h"
#include "base/scope.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 512
#define EVENTS_MAX 64

/* A create comes this long after its worker began to wait, in the measurement of latency. */
#define PAUSE_NS (5 * 1000 * 1000)

enum step { PUT, TAKE, END };

struct connection {
    int fd;
    enum step step;
    struct cycle_job job;
    size_t len;
    char text[CYCLE_ANSWER_MAX];
};

static const struct cycle_protocol *protocol;
static struct connection connections[CONNECTIONS_MAX];
static int poll_fd;
static long wanted, put_count, end_count;
static int64_t put_at, taken_at;

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "cycle: %s: %s\n", what, detail);
    exit(1);
}

static int64_t now_ns(void)
{
    return clock_mono_ns(&clock_system);
}

static void open_connection(struct connection *connection, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int one = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        die("cannot connect", strerror(errno));
}

static void ask(struct connection *connection, enum step step)
{
    char request[CYCLE_REQUEST_MAX];
    int len = 0;
    connection->step = step;
    switch (step) {
    case PUT:
        len = protocol->put(request);
        break;
    case TAKE:
        len = protocol->take(request);
        break;
    case END:
        len = protocol->end(request, &connection->job);
        break;
    }
    if (len <= 0 || len >= CYCLE_REQUEST_MAX ||
        write(connection->fd, request, (size_t)len) != (ssize_t)len)
        die("cannot send", strerror(errno));
}

static void ask_put(struct connection *connection)
{
    if (put_count >= wanted)
        return;
    put_count++;
    ask(connection, PUT);
}

static void ask_worker(struct connection *connection)
{
    if (connection->step == TAKE)
        taken_at = now_ns();
    ask(connection, protocol->taken(connection->text, &connection->job) ? END : TAKE);
}

/* What a connection does once it has its answer. */
static void go_on(struct connection *connection)
{
    if (connection->step != TAKE && !protocol->succeeded(connection->text))
        die("refused", connection->text);
    if (connection->step == PUT) {
        put_at = now_ns();
        ask_put(connection);
        return;
    }
    end_count += connection->step == END;
    ask_worker(connection);
}

static void receive(struct connection *connection)
{
    ssize_t got = read(connection->fd, connection->text + connection->len,
                       CYCLE_ANSWER_MAX - 1 - connection->len);
    if (got <= 0)
        die("the connection broke", connection->text);
    connection->len += (size_t)got;
    connection->text[connection->len] = '\0';
    if (protocol->answer(connection->text, connection->len) == 0)
        return;
    connection->len = 0;
    go_on(connection);
}

static void run_until_ended(long count)
{
    struct epoll_event events[EVENTS_MAX];
    while (end_count < count) {
        int ready = epoll_wait(poll_fd, events, EVENTS_MAX, 10000);
        if (ready <= 0)
            die("nothing happens", "no answer for ten seconds");
        for (int i = 0; i < ready; i++)
            receive(events[i].data.ptr);
    }
}

/* Seconds from the first create to the last end. */
static void measure_rate(int producers, int workers)
{
    int64_t start = now_ns();
    for (int i = 0; i < workers; i++)
        ask(&connections[producers + i], TAKE);
    for (int i = 0; i < producers; i++)
        ask_put(&connections[i]);
    run_until_ended(wanted);
    printf("%.6f\n", (double)(now_ns() - start) / 1e9);
}

/* Milliseconds from a create's acknowledgement to its worker's having the job, one a line. */
static void measure_latency(void)
{
    long samples = wanted;
    wanted = 0;
    ask(&connections[1], TAKE);
    for (long i = 1; i <= samples; i++) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
        wanted = i;
        put_at = 0;
        ask_put(&connections[0]);
        run_until_ended(i);
        while (put_at == 0)
            receive(&connections[0]);
        printf("%.4f\n", (double)(taken_at - put_at) / 1e6);
    }
}

/* And waits until the server has noticed: a claim on its way would take a later run's job. */
static void hang_up(int count)
{
    for (int i = 0; i < count; i++)
        shutdown(connections[i].fd, SHUT_WR);
    for (int i = 0; i < count; i++)
        while (read(connections[i].fd, connections[i].text, CYCLE_ANSWER_MAX) > 0)
            continue;
}

static const struct cycle_protocol *find_protocol(const char *name)
{
    static const struct cycle_protocol *const protocols[] = {&cycle_jobd, &cycle_jobd_apart,
                                                             &cycle_beanstalkd};
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
        if (strcmp(protocols[i]->name, name) == 0)
            return protocols[i];
    die("no such protocol", name);
    return NULL;
}

static long number(const char *text, long max)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end != '\0' || value < 0 || value > max)
        die("not a number in its range", text);
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        die("usage", "cycle jobd|jobd-apart|beanstalkd PORT JOBS PRODUCERS WORKERS; without "
                     "producers, the latency of so many jobs");
    protocol = find_protocol(argv[1]);
    wanted = number(argv[3], 100 * 1000 * 1000);
    int producers = (int)number(argv[4], CONNECTIONS_MAX / 2);
    int workers = (int)number(argv[5], CONNECTIONS_MAX / 2);
    int count = producers == 0 ? 2 : producers + workers;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++)
        open_connection(&connections[i], (uint16_t)number(argv[2], UINT16_MAX));
    if (producers == 0)
        measure_latency();
    else
        measure_rate(producers, workers);
    hang_up(count);
    return 0;
}
