/* jobctl watch: shows what happens to jobs, as it happens. */
#include "jobctl/command.h"

#include "base/clock.h"
#include "base/scope.h"
#include "client/backoff.h"
#include "jobctl/awaited.h"
#include "jobctl/filter_options.h"
#include "jobctl/patience.h"
#include "jobctl/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define LONGEST_PAUSE_NS INT64_C(1000000000)
#define LINE_CEILING (16u << 20)
#define STATE_WIDTH 10
#define PROGRESS_WIDTH sizeof("[..........]  42%")
#define TAIL_WIDTH_MIN 10
#define NARROW_FRONT sizeof("17:21:05")
#define WIDE_FRONT (sizeof("2026-11-23 17:21:05") + JOBD_ID_SIZE)
/* So many columns have room for the date and the id. */
#define WIDE 120
#define DATE_LENGTH 11

struct watch_options {
    struct filter_options filter;
};

static const struct option_row rows[] = {FILTER_OPTION_ROWS(struct watch_options, filter)};

/* What is under way. Either all that match are watched, or certain jobs: jobs[i] is what was last
 * seen of ids[i]. */
struct watched {
    const struct call *call;
    struct jobd_client *client; /* for a look at the jobs; the stream has its own */
    const char **ids; /* each once */
    struct jobd_job **jobs;
    int count; /* 0: all that match */
    struct screen screen;
    struct patience patience;
    bool failed; /* and that was said */
};

static bool show(struct watched *watched, struct buf *line)
{
    buf_add_char(line, '\n');
    if (print_out(stdout, line))
        return true;
    watched->failed = true;
    complain(watched->call, EXIT_FAILED, "cannot write");
    return false;
}

static void add_tail(struct buf *out, const struct jobd_job *job, size_t columns)
{
    AUTO(buf_release) struct buf tail = BUF(LINE_CEILING);
    buf_add_str(&tail, job->name);
    if (job->message != NULL)
        buf_printf(&tail, "  %s", job->message);
    if (!buf_failed(&tail))
        print_cell(out, tail.ptr, 0, columns);
}

static bool show_job(struct watched *watched, const struct jobd_job *job)
{
    const struct screen *screen = &watched->screen;
    struct buf out = BUF(LINE_CEILING);
    char changed[PRINT_TIME_SIZE];
    bool narrow = screen->terminal && screen->columns < WIDE;
    print_time(job->modified_on, changed);
    if (narrow)
        buf_printf(&out, "%s ", strlen(changed) > DATE_LENGTH ? changed + DATE_LENGTH : changed);
    else
        buf_printf(&out, "%s %s ", changed, job->id);
    print_state(&out, job->state, STATE_WIDTH, screen->color);
    print_progress(&out, job->progress, screen->terminal);
    size_t used = (narrow ? NARROW_FRONT : WIDE_FRONT) + STATE_WIDTH + PROGRESS_WIDTH;
    size_t left = screen->columns > used + TAIL_WIDTH_MIN ? screen->columns - used : TAIL_WIDTH_MIN;
    add_tail(&out, job, left);
    return show(watched, &out);
}

static bool show_stalled(struct watched *watched, const char *id)
{
    struct buf out = BUF(LINE_CEILING);
    char now[PRINT_TIME_SIZE];
    print_time(clock_wall_ms(&clock_system), now);
    buf_printf(&out, "%s %s stalled", now, id);
    return show(watched, &out);
}

static bool show_event(struct watched *watched, const struct jobd_event *event)
{
    struct buf out = BUF(LINE_CEILING);
    if (watched->call->json) {
        buf_add_str(&out, event->json);
        return show(watched, &out);
    }
    if (event->job != NULL)
        return show_job(watched, event->job);
    return strcmp(event->event, "stalled") != 0 || show_stalled(watched, event->job_id);
}

/* The number of the change that made a job what it is. */
static int64_t change_of(const struct jobd_job *job)
{
    return job->etag[0] == '"' ? strtoll(job->etag + 1, NULL, 10) : 0;
}

/* A job as it was found, in the form of an event. */
static bool show_found(struct watched *watched, const struct jobd_job *job)
{
    struct buf out = BUF(LINE_CEILING);
    if (!watched->call->json)
        return show_job(watched, job);
    buf_printf(&out, "{\"event\":\"job\",\"id\":%" PRId64 ",\"data\":%s}", change_of(job),
               job->json);
    return show(watched, &out);
}

static bool look(struct watched *watched, int index)
{
    const char *id = watched->ids[index];
    struct backoff backoff = {0};
    struct jobd_error error;
    while (!jobd_get(watched->client, id, &watched->jobs[index], &error)) {
        if (!patience_bears(&watched->patience, watched->call, &error)) {
            watched->failed = true;
            complain_error(watched->call, id, &error);
            return false;
        }
        int64_t ns = backoff_pause(&backoff, &error, LONGEST_PAUSE_NS);
        struct timespec time = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
        nanosleep(&time, NULL);
    }
    patience_renew(&watched->patience);
    return show_found(watched, watched->jobs[index]);
}

/* Once the stream goes, so that nothing happens between the look and the first event. */
static bool look_at_all(struct watched *watched)
{
    for (int i = 0; i < watched->count; i++)
        if (watched->jobs[i] == NULL && !look(watched, i))
            return false;
    return true;
}

static int index_of(const struct watched *watched, const char *id)
{
    for (int i = 0; i < watched->count; i++)
        if (strcasecmp(watched->ids[i], id) == 0)
            return i;
    return -1;
}

/* An event of one of the jobs; the look may have shown what it tells. */
static bool follow(struct watched *watched, struct jobd_event *event, int index)
{
    struct jobd_job **known = &watched->jobs[index];
    if (event->job == NULL)
        return show_event(watched, event);
    if (*known != NULL && change_of(*known) >= event->id)
        return true;
    bool good = show_event(watched, event);
    jobd_job_free(*known);
    *known = TAKE(event->job);
    return good;
}

static bool on_event(void *context, struct jobd_event *event)
{
    struct watched *watched = context;
    patience_renew(&watched->patience);
    if (watched->count == 0)
        return show_event(watched, event);
    int index = index_of(watched, event->job_id);
    bool good = index >= 0 ? follow(watched, event, index)
                           : strcmp(event->event, "synced") != 0 || look_at_all(watched);
    return good && awaited_count_ended(watched->jobs, watched->count) < watched->count;
}

static bool on_lost(void *context, const struct jobd_error *error)
{
    struct watched *watched = context;
    return patience_bears(&watched->patience, watched->call, error);
}

static int watch(struct watched *watched, struct jobd_client *stream)
{
    const struct watch_options *options = watched->call->options;
    struct jobd_query query = filter_query(&options->filter);
    const struct jobd_watch watch = {
        .query = &query, .on_event = on_event, .on_lost = on_lost, .context = watched};
    struct jobd_error error;
    if (!jobd_watch(stream, &watch, &error))
        return complain_error(watched->call, NULL, &error);
    return watched->failed ? EXIT_FAILED : awaited_verdict(watched->jobs, watched->count);
}

static bool is_filtered(const struct filter_options *filter)
{
    return filter->name != NULL || filter->match != NULL || filter->user != NULL ||
           filter->states.count + filter->results.count + filter->types.count > 0;
}

/* False without memory. */
static bool set_ids(struct watched *watched)
{
    const struct call *call = watched->call;
    size_t room = (size_t)call->operand_count + 1;
    watched->ids = ARENA_ARRAY(call->arena, const char *, room);
    watched->jobs = ARENA_ARRAY(call->arena, struct jobd_job *, room);
    if (watched->ids == NULL || watched->jobs == NULL)
        return false;
    for (int i = 0; i < call->operand_count; i++)
        if (index_of(watched, call->operands[i]) < 0)
            watched->ids[watched->count++] = call->operands[i];
    return true;
}

static int run(const struct call *call)
{
    const struct watch_options *options = call->options;
    AUTO(close_client) struct jobd_client *stream = NULL, *client = NULL;
    struct watched watched = {.call = call, .screen = screen_of(stdout)};
    if (check_ids(call) != EXIT_FINE)
        return EXIT_USAGE;
    if (call->operand_count > 0 && is_filtered(&options->filter))
        return complain(call, EXIT_USAGE, "either certain jobs are watched, or all that match");
    stream = open_client(call);
    watched.client = client = stream != NULL ? open_client(call) : NULL;
    if (client == NULL || !set_ids(&watched))
        return EXIT_FAILED;
    int status = watch(&watched, stream);
    for (int i = 0; i < watched.count; i++)
        jobd_job_free(watched.jobs[i]);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .operands = "[ID...]",
    .summary = "follow jobs as they change",
    .description =
        "Prints a line for each change of a job that matches, from now on and until it is "
        "interrupted: time, id, state, progress, name, message; a narrow terminal gets no id. With "
        "ids, shows only these jobs, first as they are, and ends when all have ended: with exit "
        "status 0 when all did with SUCCESS, else 1. A server that goes away meanwhile is waited "
        "for, for a minute, and what happened is made up for. With --json, the server's events as "
        "they come, an object a line, with \"gone\" for a job that changed and does not match now.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct watch_options),
    .max_operands = -1,
    .run = run,
};
