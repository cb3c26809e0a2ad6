/* jobctl logs: shows what a job wrote, and goes on as it grows. */
#include "jobctl/command.h"

#include "base/json_write.h"
#include "base/scope.h"
#include "base/text.h"
#include "client/backoff.h"
#include "jobctl/patience.h"
#include "jobctl/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define WAIT_SECONDS 25
#define LONGEST_PAUSE_NS INT64_C(1000000000)
#define OFFSET_MAX (INT64_C(1) << 53)
/* A mebibyte, each byte of which may be escaped. */
#define JSON_CEILING (8u << 20)

struct logs_options {
    bool follow;
    int64_t offset;
};

static const struct option_row rows[] = {
    {.name = "follow",
     .letter = 'f',
     .type = OPTION_FLAG,
     .offset = offsetof(struct logs_options, follow),
     .help = "Go on with what comes, until the job has ended."},
    {.name = "offset",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct logs_options, offset),
     .value = "N",
     .min = -OFFSET_MAX,
     .max = OFFSET_MAX,
     .help = "Begin at this byte; negative: so many bytes before the end. Default: 0."},
};

/* What is under way. */
struct logs {
    const struct call *call;
    struct jobd_client *client;
    struct jobd_log_place place; /* where to read next */
    struct buf rest; /* the beginning of a character that was cut */
    struct patience patience;
    struct backoff backoff;
};

static bool show_bytes(const struct jobd_log *log)
{
    return fwrite(log->bytes != NULL ? log->bytes : "", 1, log->len, stdout) == log->len &&
           fflush(stdout) == 0;
}

/* How many bytes at the end may be the beginning of a character. */
static size_t cut_off(struct span text)
{
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        unsigned char byte = (unsigned char)text.ptr[text.len - back];
        size_t len = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        if ((byte & 0xC0) != 0x80)
            return len > back ? back : 0;
    }
    return 0;
}

/* What is no UTF-8 becomes U+FFFD. */
static void add_lenient(struct buf *out, struct span text)
{
    uint32_t point;
    while (text.len > 0) {
        size_t len = text_decode(text, &point);
        if (len > 0)
            buf_add(out, text.ptr, len);
        else
            buf_add_str(out, "\xEF\xBF\xBD");
        len += len == 0;
        text = (struct span){text.ptr + len, text.len - len};
    }
}

/* A line of JSON for what came; what was cut off waits for the rest of it. */
static bool show_json(struct logs *logs, const struct jobd_log *log)
{
    AUTO(buf_release) struct buf text = BUF(JSON_CEILING);
    struct buf out = BUF(JSON_CEILING);
    struct json_writer json = JSON_WRITER(&out);
    buf_add(&logs->rest, log->bytes, log->len);
    struct span all = buf_span(&logs->rest);
    size_t cut = log->complete || !logs->place.wait_seconds ? 0 : cut_off(all);
    add_lenient(&text, (struct span){all.ptr, all.len - cut});
    json_begin_object(&json);
    json_key(&json, "text");
    json_string(&json, buf_span(&text));
    json_key(&json, "next");
    json_int(&json, log->next);
    json_key(&json, "complete");
    json_bool(&json, log->complete);
    json_end_object(&json);
    buf_add_char(&out, '\n');
    if (cut > 0)
        memmove(logs->rest.ptr, all.ptr + all.len - cut, cut);
    logs->rest.len = cut;
    return print_out(stdout, &out);
}

static bool show(struct logs *logs, const struct jobd_log *log)
{
    if (!logs->call->json)
        return show_bytes(log);
    bool waits = log->len == 0 && !log->complete && logs->place.wait_seconds > 0;
    return waits || show_json(logs, log);
}

static void pause_after(struct logs *logs, const struct jobd_error *error)
{
    int64_t ns = backoff_pause(&logs->backoff, error, LONGEST_PAUSE_NS);
    struct timespec time = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    nanosleep(&time, NULL);
}

/* NULL after a complaint. */
static struct jobd_log *read_on(struct logs *logs)
{
    const char *id = logs->call->operands[0];
    struct jobd_log *log = NULL;
    struct jobd_error error;
    while (!jobd_log_read(logs->client, id, &logs->place, &log, &error)) {
        if (!patience_bears(&logs->patience, logs->call, &error)) {
            complain_error(logs->call, id, &error);
            return NULL;
        }
        pause_after(logs, &error);
    }
    patience_renew(&logs->patience);
    logs->backoff = (struct backoff){0};
    return log;
}

static int show_all(struct logs *logs)
{
    const struct logs_options *options = logs->call->options;
    bool more = true;
    while (more) {
        struct jobd_log *log = read_on(logs);
        if (log == NULL)
            return EXIT_FAILED;
        bool good = show(logs, log);
        logs->place.offset = log->next;
        more = options->follow && !log->complete;
        jobd_log_free(log);
        if (!good)
            return complain(logs->call, EXIT_FAILED, "cannot write");
    }
    return EXIT_FINE;
}

static int run(const struct call *call)
{
    const struct logs_options *options = call->options;
    AUTO(close_client) struct jobd_client *client = NULL;
    if (check_ids(call) != EXIT_FINE)
        return EXIT_USAGE;
    client = open_client(call);
    if (client == NULL)
        return EXIT_FAILED;
    struct logs logs = {
        .call = call,
        .client = client,
        .place = {options->offset, options->follow ? WAIT_SECONDS : 0},
        .rest = BUF(JSON_CEILING),
    };
    int status = show_all(&logs);
    buf_release(&logs.rest);
    return status;
}

const struct command command_logs = {
    .name = "logs",
    .operands = "ID",
    .summary = "show what a job wrote",
    .description =
        "Writes the job's output to standard output as it came, byte by byte; of more than 1 MiB, "
        "the first and the last 512 KiB with a line between them. With --follow, goes on until the "
        "job has ended, however it does; a server that goes away meanwhile is waited for, for a "
        "minute. With --json, an object with text, next (the offset to go on from) and complete, "
        "with --follow one a line; bytes that are no UTF-8 become U+FFFD.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct logs_options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
