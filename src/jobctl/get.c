/* jobctl get: shows one job. */
#include "jobctl/command.h"
#include "jobctl/print.h"

#include <stdio.h>

static void line(struct buf *out, const char *label, const char *value)
{
    if (value == NULL)
        return;
    print_cell(out, label, 12, SIZE_MAX);
    print_safe(out, value);
    buf_add_char(out, '\n');
}

static void time_line(struct buf *out, const char *label, int64_t ms)
{
    char text[PRINT_TIME_SIZE];
    if (ms == JOBD_NO_TIME)
        return;
    print_time(ms, text);
    line(out, label, text);
}

static void state_line(struct buf *out, const struct jobd_job *job, const struct screen *screen)
{
    print_cell(out, "state", 12, SIZE_MAX);
    print_state(out, job->state, 0, screen->color);
    buf_add_char(out, '\n');
}

static void progress_line(struct buf *out, const struct jobd_job *job, const struct screen *screen)
{
    if (job->progress == JOBD_NO_PROGRESS)
        return;
    print_cell(out, "progress", 12, SIZE_MAX);
    if (screen->terminal)
        print_bar(out, job->progress);
    else
        buf_printf(out, "%d%%", job->progress);
    buf_add_char(out, '\n');
}

static void show(struct buf *out, const struct jobd_job *job)
{
    struct screen screen = screen_of(stdout);
    line(out, "id", job->id);
    line(out, "name", job->name);
    line(out, "type", job->type);
    state_line(out, job, &screen);
    line(out, "result", job->result);
    progress_line(out, job, &screen);
    line(out, "message", job->message);
    line(out, "user", job->user);
    line(out, "created by", job->created_by);
    line(out, "changed by", job->modified_by);
    time_line(out, "created", job->created_on);
    time_line(out, "changed", job->modified_on);
    time_line(out, "started", job->started_on);
    time_line(out, "ended", job->ended_on);
    line(out, "run", job->self_managed ? "by its creator (self-managed)" : "by a worker");
}

static int run(const struct call *call)
{
    AUTO(close_client) struct jobd_client *client = NULL;
    struct jobd_job *job = NULL;
    struct jobd_error error;
    struct buf out = BUF(1u << 20);
    if (check_ids(call) != EXIT_FINE)
        return EXIT_USAGE;
    client = open_client(call);
    if (client == NULL)
        return EXIT_FAILED;
    if (!jobd_get(client, call->operands[0], &job, &error))
        return complain_error(call, call->operands[0], &error);
    if (call->json)
        buf_printf(&out, "%s\n", job->json);
    else
        show(&out, job);
    jobd_job_free(job);
    return print_out(stdout, &out) ? EXIT_FINE : complain(call, EXIT_FAILED, "cannot write");
}

const struct command command_get = {
    .name = "get",
    .operands = "ID",
    .summary = "show a job",
    .description = "Shows everything the server knows of the job. With --json, the Job as the "
                   "server sent it.",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
