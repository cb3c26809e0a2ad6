/* jobctl delete: deletes jobs. */
#include "jobctl/command.h"

#include "base/json_write.h"
#include "base/scope.h"
#include "jobctl/print.h"

#include <stdio.h>

struct delete_options {
    const char *message;
};

static const struct option_row rows[] = {
    {.name = "message",
     .type = OPTION_TEXT,
     .offset = offsetof(struct delete_options, message),
     .value = "TEXT",
     .help = "Why, in up to 128 characters. Default: Deleted by user."},
};

static void add_outcome(struct json_writer *json, const char *id, const struct jobd_error *error)
{
    json_begin_object(json);
    json_key(json, "id");
    json_str(json, id);
    json_key(json, "deleted");
    json_bool(json, error == NULL);
    if (error != NULL) {
        json_key(json, "status");
        json_int(json, error->status);
    }
    if (error != NULL && error->code[0] != '\0') {
        json_key(json, "errorCode");
        json_str(json, error->code);
    }
    json_end_object(json);
}

/* One failure does not keep the others from being deleted. */
static int delete_all(const struct call *call, struct jobd_client *client, struct buf *out)
{
    const struct delete_options *options = call->options;
    struct json_writer json = JSON_WRITER(out);
    int status = EXIT_FINE;
    if (call->json)
        json_begin_array(&json);
    for (int i = 0; i < call->operand_count; i++) {
        const char *id = call->operands[i];
        struct jobd_error error;
        bool good = jobd_delete(client, id, options->message, &error);
        if (!good)
            status = complain_error(call, id, &error);
        if (call->json)
            add_outcome(&json, id, good ? NULL : &error);
        else if (good)
            buf_printf(out, "%s deleted\n", id);
    }
    if (call->json)
        json_end_array(&json);
    return status;
}

static int run(const struct call *call)
{
    AUTO(close_client) struct jobd_client *client = NULL;
    struct buf out = BUF(16u << 20);
    if (check_ids(call) != EXIT_FINE)
        return EXIT_USAGE;
    client = open_client(call);
    if (client == NULL)
        return EXIT_FAILED;
    int status = delete_all(call, client, &out);
    if (call->json)
        buf_add_char(&out, '\n');
    return print_out(stdout, &out) ? status : complain(call, EXIT_FAILED, "cannot write");
}

const struct command command_delete = {
    .name = "delete",
    .operands = "ID...",
    .summary = "delete jobs",
    .description = "Deletes the jobs; whoever works on one learns of it at the next report. A "
                   "deleted job stays readable, and deleting it again is no error. With --json, "
                   "an array of {\"id\", \"deleted\"}, and status and errorCode where it failed.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct delete_options),
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
