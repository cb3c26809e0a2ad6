/* A captured stream: passed on byte for byte, while somebody looks at it. */
#include "jobctl/pump.h"

#include "jobctl/room.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void pump_init(struct pump *pump, int from, int to)
{
    struct stat stat;
    pump->from = from;
    pump->to = to;
    pump->at = pump->len = 0;
    pump->total = pump->goal = 0;
    pump->optional = false;
    pump->at_once = fstat(to, &stat) == 0 && S_ISREG(stat.st_mode);
}

/* Of what was read, something is still to be written. */
static bool is_full(const struct pump *pump)
{
    return pump->at < pump->len;
}

void pump_set_goal(struct pump *pump)
{
    int waiting = 0;
    if (pump->from >= 0 && ioctl(pump->from, FIONREAD, &waiting) == 0 && waiting > 0)
        pump->goal = pump->total + (uint64_t)waiting;
}

bool pump_is_owing(const struct pump *pump)
{
    return pump->from >= 0 && (is_full(pump) || pump->total < pump->goal);
}

struct pollfd pump_wants(const struct pump *pump)
{
    if (is_full(pump))
        return (struct pollfd){.fd = pump->to, .events = POLLOUT};
    return (struct pollfd){.fd = pump->from, .events = POLLIN};
}

void pump_close(struct pump *pump)
{
    pump->at = pump->len = 0;
    if (pump->from >= 0)
        close(pump->from);
    pump->from = -1;
}

static void lose_reader(struct pump *pump)
{
    if (!pump->optional) {
        pump_close(pump);
        return;
    }
    pump->at = pump->len = 0;
    pump->to = -1;
}

static void write_some(struct pump *pump)
{
    size_t left = pump->len - pump->at;
    size_t size = pump->at_once || left < PIPE_BUF ? left : PIPE_BUF;
    ssize_t written = room_write(pump->to, pump->bytes + pump->at, size);
    if (written > 0)
        pump->at += (size_t)written;
    else if (errno != EAGAIN && errno != EINTR)
        lose_reader(pump);
}

static void read_some(struct pump *pump)
{
    ssize_t len = read(pump->from, pump->bytes, sizeof(pump->bytes));
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        pump->look(pump->context, (struct span){0});
        pump_close(pump);
        return;
    }
    pump->look(pump->context, (struct span){pump->bytes, (size_t)len});
    pump->total += (uint64_t)len;
    pump->at = 0;
    pump->len = pump->to >= 0 ? (size_t)len : 0;
}

void pump_move(struct pump *pump, short events)
{
    if (events == 0)
        return;
    if (is_full(pump))
        write_some(pump);
    else if (pump->from >= 0)
        read_some(pump);
}
