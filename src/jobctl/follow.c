/* A command followed to its end: its output passed on, its progress read, its time limited. */
#include "jobctl/follow.h"

#include "base/clock.h"
#include "base/scope.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define MS INT64_C(1000000)
/* How long output of what the command left running is still passed on. */
#define LINGER (500 * MS)
#define PATIENCE_MAX_MS 3600000

enum { PROGRESS, OUT, ERR };

static int64_t now(void)
{
    return clock_mono_ns(&clock_system);
}

static void take_line(void *context, const char *line)
{
    const struct stream *stream = context;
    const struct follow *follow = stream->follow;
    struct progress progress;
    bool found = stream == &follow->streams[PROGRESS]
                     ? progress_from_line(line, &progress)
                     : progress_from_match(follow->pattern, line, &progress);
    if (found)
        follow->follower.progress(follow->follower.context, &progress);
}

static void look(void *context, struct span bytes)
{
    struct stream *stream = context;
    const struct follow *follow = stream->follow;
    bool is_output = stream != &follow->streams[PROGRESS];
    if (is_output && bytes.len > 0 && follow->follower.output != NULL)
        follow->follower.output(follow->follower.context, bytes);
    if (is_output && follow->pattern == NULL)
        return;
    if (bytes.len > 0)
        lines_feed(&stream->lines, bytes);
    else
        lines_end(&stream->lines);
}

static void attach(struct follow *follow)
{
    struct child *child = follow->child;
    const int ends[][2] = {
        {child->progress, -1}, {child->out, follow->out}, {child->err, STDERR_FILENO}};
    child->progress = child->out = child->err = -1;
    for (size_t i = 0; i < ARRAY_SIZE(follow->streams); i++) {
        struct stream *stream = &follow->streams[i];
        stream->follow = follow;
        stream->lines = (struct lines){.take = take_line, .context = stream};
        pump_init(&stream->pump, ends[i][0], ends[i][1]);
        stream->pump.look = look;
        stream->pump.optional = follow->aside;
        stream->pump.context = stream;
    }
}

/* What is not wanted any more has its grace, and then no more. */
static void pursue(struct follow *follow)
{
    if (!follow->pursued || follow->killed)
        return;
    if (follow->kill_at == 0) {
        follow->kill_at = now() + follow->grace_ms * MS;
        child_kill(follow->child, SIGTERM);
    } else if (now() >= follow->kill_at) {
        child_kill(follow->child, SIGKILL);
        follow->killed = true;
    }
}

/* How long poll may sleep; -1: until something comes. */
static int patience(const struct follow *follow)
{
    int64_t until = follow->killed ? 0 : follow->kill_at;
    if (follow->linger_until != 0)
        until = follow->linger_until;
    if (until == 0)
        return -1;
    int64_t left = (until - now()) / MS + 1;
    return left > 0 ? (int)(left < PATIENCE_MAX_MS ? left : PATIENCE_MAX_MS) : 0;
}

/*
 * After the command's end: what it wrote must pass however slowly it is taken; what others that it
 * left running write, passes for a moment more.
 */
static bool has_output(const struct follow *follow)
{
    const struct pump *out = &follow->streams[OUT].pump, *err = &follow->streams[ERR].pump;
    bool owing = pump_is_owing(out) || pump_is_owing(err);
    bool open = out->from >= 0 || err->from >= 0;
    bool in_time = now() < follow->linger_until;
    return !follow->impatient && ((owing && !follow->hurried) || (open && in_time));
}

/* Who says that it is to end, as long as that makes a difference. */
static int unwanted(const struct follow *follow)
{
    bool known = follow->child->ended ? follow->hurried || !follow->aside : follow->pursued;
    return known ? -1 : follow->unwanted;
}

/* First the command is to end, then its output. */
static void give_up(struct follow *follow)
{
    if (!follow->child->ended) {
        follow->pursued = true;
        return;
    }
    follow->hurried = true;
    follow->linger_until = now() + LINGER;
}

/* One round: waits for anything, then moves whatever came. */
static void turn(struct follow *follow, int timeout)
{
    enum { FATE, UNWANTED, FIRST_PUMP, COUNT = FIRST_PUMP + 3 };
    struct pollfd fds[COUNT] = {
        [FATE] = {.fd = follow->fate, .events = POLLIN},
        [UNWANTED] = {.fd = unwanted(follow), .events = POLLIN},
    };
    for (size_t i = 0; i < ARRAY_SIZE(follow->streams); i++)
        fds[FIRST_PUMP + i] = pump_wants(&follow->streams[i].pump);
    if (poll(fds, COUNT, timeout) <= 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(follow->streams); i++)
        pump_move(&follow->streams[i].pump, fds[FIRST_PUMP + i].revents);
    if (fds[UNWANTED].revents != 0)
        give_up(follow);
    if (fds[FATE].revents != 0 && follow->follower.look(follow->follower.context))
        follow->impatient = follow->linger_until != 0;
}

/* What is left on $JOBD_FD; whoever else may have it is not waited for. */
static void drain_progress(struct pump *pump)
{
    struct pollfd fd = pump_wants(pump);
    while (pump->from >= 0 && poll(&fd, 1, 0) > 0 && pump->total < pump->goal) {
        pump_move(pump, fd.revents);
        fd = pump_wants(pump);
    }
}

void follow_to_end(struct follow *follow)
{
    attach(follow);
    while (!follow->child->ended) {
        turn(follow, patience(follow));
        pursue(follow);
    }
    follow->linger_until = now() + LINGER;
    for (size_t i = 0; i < ARRAY_SIZE(follow->streams); i++)
        pump_set_goal(&follow->streams[i].pump);
    while (has_output(follow))
        turn(follow, now() < follow->linger_until ? patience(follow) : -1);
    drain_progress(&follow->streams[PROGRESS].pump);
    for (size_t i = 0; i < ARRAY_SIZE(follow->streams); i++) {
        lines_end(&follow->streams[i].lines);
        pump_close(&follow->streams[i].pump);
    }
}
