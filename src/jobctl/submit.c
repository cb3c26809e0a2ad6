/* jobctl submit: creates a job for others to run. */
#include "jobctl/command.h"

#include "base/file.h"
#include "base/scope.h"
#include "jobctl/job_options.h"
#include "jobctl/print.h"
#include "model/draft.h"

#include <stdio.h>
#include <string.h>

struct submit_options {
    struct job_options job;
    const char *payload, *key;
    bool self_managed;
    int64_t priority, max_attempts, run_after;
};

#define MEMBER(member) offsetof(struct submit_options, member)

static const struct option_row rows[] = {
    JOB_OPTION_ROWS(submit_options, job),
    {.name = "payload",
     .type = OPTION_TEXT,
     .offset = MEMBER(payload),
     .value = "JSON|@FILE|-",
     .help = "What the worker is told: JSON, the file that holds it, or - for standard input."},
    {.name = "self-managed",
     .type = OPTION_FLAG,
     .offset = MEMBER(self_managed),
     .help = "Never hand it to a worker: its creator reports on it."},
    {.name = "priority",
     .type = OPTION_NUMBER,
     .offset = MEMBER(priority),
     .value = "N",
     .min = DRAFT_PRIORITY_MIN,
     .max = DRAFT_PRIORITY_MAX,
     .help = "Higher ones go first. Default: 0."},
    {.name = "run-after",
     .type = OPTION_MOMENT,
     .offset = MEMBER(run_after),
     .value = "TIME",
     .help = "Not before this time: 2026-11-23T17:00:00Z, or 10m from now."},
    {.name = "max-attempts",
     .type = OPTION_NUMBER,
     .offset = MEMBER(max_attempts),
     .value = "N",
     .min = 1,
     .max = DRAFT_ATTEMPTS_MAX,
     .help = "How often it is handed out when workers are lost. Default: 1."},
    {.name = "key",
     .type = OPTION_TEXT,
     .offset = MEMBER(key),
     .value = "KEY",
     .help = "Idempotency key: the same key again, within a day, gives the same job again."},
};

/* What a complaint calls the place that the payload comes from. */
static const char *source_of(const char *given)
{
    if (strcmp(given, "-") == 0)
        return "standard input";
    return given[0] == '@' ? given + 1 : "the payload";
}

static bool find_payload(const char *given, struct buf *text, struct err *err)
{
    if (strcmp(given, "-") == 0)
        return file_rest(stdin, source_of(given), text, err);
    if (given[0] == '@')
        return file_read(source_of(given), text, err);
    buf_add_str(text, given);
    return !buf_failed(text) || err_set(err, "%s is too large", source_of(given));
}

/* What has a NUL in it would go as far as that. */
static bool read_payload(const char *given, struct buf *text, struct err *err)
{
    if (given == NULL)
        return true;
    if (!find_payload(given, text, err))
        return false;
    return text->len == 0 || memchr(text->ptr, '\0', text->len) == NULL ||
           err_set(err, "%s is no JSON", source_of(given));
}

static bool create(const struct call *call, struct jobd_client *client, const char *payload,
                   struct jobd_job **ret_job)
{
    const struct submit_options *options = call->options;
    struct jobd_create create = {
        .name = options->job.name,
        .type = options->job.type,
        .message = options->job.message,
        .user = options->job.user,
        .payload = payload,
        .idempotency_key = options->key,
        .self_managed = options->self_managed,
        .priority = (int)options->priority,
        .max_attempts = (int)options->max_attempts,
        .run_after = options->run_after,
    };
    struct jobd_error error;
    if (jobd_create(client, &create, ret_job, &error))
        return true;
    complain_error(call, NULL, &error);
    return false;
}

static int run(const struct call *call)
{
    const struct submit_options *options = call->options;
    AUTO(close_client) struct jobd_client *client = NULL;
    /* A little over the limit, so that the server can say what it is. */
    AUTO(buf_release) struct buf payload = BUF(DRAFT_PAYLOAD_MAX * 2);
    struct buf out = BUF(1u << 20);
    struct jobd_job *job = NULL;
    struct err err = {0};
    if (!read_payload(options->payload, &payload, &err))
        return complain(call, EXIT_FAILED, "%s", err.text);
    client = open_client(call);
    const char *text = payload.ptr != NULL ? payload.ptr : "";
    if (client == NULL || !create(call, client, options->payload != NULL ? text : NULL, &job))
        return EXIT_FAILED;
    buf_printf(&out, "%s\n", call->json ? job->json : job->id);
    jobd_job_free(job);
    return print_out(stdout, &out) ? EXIT_FINE : complain(call, EXIT_FAILED, "cannot write");
}

const struct command command_submit = {
    .name = "submit",
    .operands = "",
    .summary = "create a job and print its id",
    .description = "Creates a job that waits for a worker, and prints its id; with --json, the "
                   "Job as the server made it.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct submit_options),
    .run = run,
};
