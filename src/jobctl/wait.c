/* jobctl wait: waits until jobs have ended. */
#include "jobctl/command.h"

#include "base/clock.h"
#include "base/scope.h"
#include "jobctl/awaited.h"
#include "jobctl/patience.h"
#include "jobctl/print.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_PAUSE_MS 50
#define LAST_PAUSE_MS 1000
#define HOLD_SECONDS_MAX 25

struct wait_options {
    int64_t timeout;
};

static const struct option_row rows[] = {
    {.name = "timeout",
     .type = OPTION_DURATION,
     .offset = offsetof(struct wait_options, timeout),
     .value = "TIME",
     .standard = -1,
     .help = "How long at most, such as 90s or 1h. Default: for ever."},
};

/* The jobs waited for; jobs[i] is what was last seen of operand i. */
struct waiting {
    const struct call *call;
    struct jobd_client *client;
    struct jobd_job **jobs;
    struct screen screen; /* of standard error, where the bar is */
    int64_t deadline; /* monotonic milliseconds; INT64_MAX: none */
    struct patience patience;
};

static int64_t now_ms(void)
{
    return clock_mono_ns(&clock_system) / 1000000;
}

static int count_ended(const struct waiting *waiting)
{
    return awaited_count_ended(waiting->jobs, waiting->call->operand_count);
}

/* One line for all: how many have ended, and the first that has not. */
static void draw(const struct waiting *waiting)
{
    struct buf out = BUF(16u << 10), text = BUF(16u << 10);
    int at = 0;
    if (!waiting->screen.terminal)
        return;
    while (at < waiting->call->operand_count && awaited_has_ended(waiting->jobs[at]))
        at++;
    buf_add_char(&out, '\r');
    if (at < waiting->call->operand_count && waiting->jobs[at] != NULL) {
        if (waiting->call->operand_count > 1)
            buf_printf(&text, "%d of %d ended  ", count_ended(waiting),
                       waiting->call->operand_count);
        print_bar(&text, waiting->jobs[at]->progress);
        buf_printf(&text, " %s  %s", waiting->jobs[at]->state, waiting->jobs[at]->name);
        print_cell(&out, buf_failed(&text) ? "" : text.ptr, 0, waiting->screen.columns - 1);
    }
    buf_add_str(&out, "\033[K");
    print_out(stderr, &out);
    buf_release(&text);
}

static void tell(const struct waiting *waiting, const struct jobd_job *job)
{
    struct buf out = BUF(64u << 10);
    if (waiting->call->json)
        return;
    if (waiting->screen.terminal)
        fputs("\r\033[K", stderr);
    buf_printf(&out, "%s ", job->id);
    print_state(&out, job->state, 0, screen_of(stdout).color);
    buf_printf(&out, " %s", job->result);
    if (job->message != NULL) {
        buf_add_char(&out, ' ');
        print_safe(&out, job->message);
    }
    buf_add_char(&out, '\n');
    print_out(stdout, &out);
}

/* False when there is no use in going on. */
static bool look(struct waiting *waiting, int index, int seconds)
{
    const char *id = waiting->call->operands[index];
    const struct jobd_job *known = waiting->jobs[index];
    struct jobd_job *job = NULL;
    struct jobd_error error;
    if (!(known != NULL ? jobd_wait(waiting->client, known, seconds, &job, &error)
                        : jobd_get(waiting->client, id, &job, &error))) {
        if (patience_bears(&waiting->patience, waiting->call, &error))
            return true;
        complain_error(waiting->call, id, &error);
        return false;
    }
    patience_renew(&waiting->patience);
    if (job == NULL)
        return true;
    jobd_job_free(waiting->jobs[index]);
    waiting->jobs[index] = job;
    if (awaited_has_ended(job))
        tell(waiting, job);
    return true;
}

/* The first that has not ended is waited for, the others are looked at. */
static bool look_at_all(struct waiting *waiting, int seconds)
{
    for (int i = 0; i < waiting->call->operand_count; i++) {
        if (awaited_has_ended(waiting->jobs[i]))
            continue;
        if (!look(waiting, i, seconds))
            return false;
        seconds = 0;
    }
    return true;
}

static const struct jobd_job *first_left(const struct waiting *waiting)
{
    for (int i = 0; i < waiting->call->operand_count; i++)
        if (!awaited_has_ended(waiting->jobs[i]))
            return waiting->jobs[i];
    return NULL;
}

/* How long the server may hold the next look; several jobs are all looked at every second. */
static int hold_seconds(const struct waiting *waiting)
{
    const struct jobd_job *job = first_left(waiting);
    int left = waiting->call->operand_count - count_ended(waiting);
    int64_t most = left > 1 ? 1 : HOLD_SECONDS_MAX, time = (waiting->deadline - now_ms()) / 1000;
    if (job == NULL || job->etag[0] == '\0' || time < 0)
        return 0;
    return (int)(time < most ? time : most);
}

static int64_t pause_ms(int64_t ms, int64_t left)
{
    int64_t length = ms < left ? ms : left;
    struct timespec time = {.tv_sec = length / 1000, .tv_nsec = length % 1000 * 1000000};
    nanosleep(&time, NULL);
    return ms * 3 / 2 < LAST_PAUSE_MS ? ms * 3 / 2 : LAST_PAUSE_MS;
}

static int wait_for_all(struct waiting *waiting)
{
    int count = waiting->call->operand_count;
    int64_t pause = FIRST_PAUSE_MS;
    int hold = 0;
    while (look_at_all(waiting, hold)) {
        draw(waiting);
        if (count_ended(waiting) == count)
            return awaited_verdict(waiting->jobs, count);
        if (now_ms() >= waiting->deadline)
            return complain(waiting->call, EXIT_TIMED_OUT, "%d of %d had not ended in time",
                            count - count_ended(waiting), count);
        hold = hold_seconds(waiting);
        if (hold == 0)
            pause = pause_ms(pause, waiting->deadline - now_ms());
    }
    return EXIT_FAILED;
}

static void add_json(const struct waiting *waiting, struct buf *out)
{
    const char *separator = "";
    buf_add_char(out, '[');
    for (int i = 0; i < waiting->call->operand_count; i++) {
        if (waiting->jobs[i] == NULL)
            continue;
        buf_printf(out, "%s%s", separator, waiting->jobs[i]->json);
        separator = ",\n";
    }
    buf_add_str(out, "]\n");
}

static int run(const struct call *call)
{
    const struct wait_options *options = call->options;
    AUTO(close_client) struct jobd_client *client = NULL;
    struct waiting waiting = {.call = call, .deadline = INT64_MAX};
    struct buf out = BUF(64u << 20);
    if (check_ids(call) != EXIT_FINE)
        return EXIT_USAGE;
    waiting.client = client = open_client(call);
    waiting.jobs = ARENA_ARRAY(call->arena, struct jobd_job *, (size_t)call->operand_count);
    if (client == NULL || waiting.jobs == NULL)
        return EXIT_FAILED;
    waiting.screen = screen_of(stderr);
    if (options->timeout >= 0)
        waiting.deadline = now_ms() + options->timeout;
    int status = wait_for_all(&waiting);
    if (call->json)
        add_json(&waiting, &out);
    for (int i = 0; i < call->operand_count; i++)
        jobd_job_free(waiting.jobs[i]);
    if (call->json && !print_out(stdout, &out))
        return complain(call, EXIT_FAILED, "cannot write");
    return status;
}

const struct command command_wait = {
    .name = "wait",
    .operands = "ID...",
    .summary = "wait until jobs have ended",
    .description = "Prints each job's state, result and message when it ends. Exit status 0 when "
                   "all ended with SUCCESS, 1 when one did not, 124 when the time ran out. A "
                   "server that goes away meanwhile is waited for, for a minute. With --json, an "
                   "array of the Jobs as they were seen last.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct wait_options),
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
