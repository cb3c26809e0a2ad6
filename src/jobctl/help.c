/* jobctl help and jobctl manual: explain the subcommands. */
#include "base/json_write.h"
#include "jobctl/command.h"
#include "jobctl/manual.h"
#include "jobctl/print.h"

#include <stdio.h>

#define TEXT_CEILING (256u << 10)

static int put(const struct call *call, struct buf *out)
{
    return print_out(stdout, out) ? EXIT_FINE : complain(call, EXIT_FAILED, "cannot write");
}

static void add_string(struct json_writer *json, const char *key, const char *text)
{
    json_key(json, key);
    json_str(json, text);
}

static void add_option(struct json_writer *json, const struct option_row *row)
{
    json_begin_object(json);
    add_string(json, "name", row->name);
    if (row->value != NULL)
        add_string(json, "value", row->value);
    json_key(json, "required");
    json_bool(json, row->required);
    add_string(json, "help", row->help);
    json_end_object(json);
}

static void add_command(struct json_writer *json, const struct command *command)
{
    json_begin_object(json);
    add_string(json, "name", command->name);
    add_string(json, "operands", command->operands);
    add_string(json, "summary", command->summary);
    add_string(json, "description", command->description);
    json_key(json, "options");
    json_begin_array(json);
    for (size_t i = 0; i < command->row_count; i++)
        add_option(json, &command->rows[i]);
    json_end_array(json);
    json_end_object(json);
}

static void add_all(struct json_writer *json)
{
    json_begin_array(json);
    for (size_t i = 0; i < command_count; i++)
        add_command(json, commands[i]);
    json_end_array(json);
}

static int run_help(const struct call *call)
{
    struct buf out = BUF(TEXT_CEILING);
    struct json_writer json = JSON_WRITER(&out);
    const struct command *about = NULL;
    if (call->operand_count > 0) {
        about = command_find(call->operands[0]);
        if (about == NULL)
            return complain(call, EXIT_USAGE, "there is no command %s", call->operands[0]);
    }
    if (call->json && about != NULL)
        add_command(&json, about);
    else if (call->json)
        add_all(&json);
    else if (about != NULL)
        manual_command(&out, about);
    else
        manual_overview(&out);
    if (call->json)
        buf_add_char(&out, '\n');
    return put(call, &out);
}

static int run_manual(const struct call *call)
{
    struct buf out = BUF(TEXT_CEILING);
    manual_page(&out);
    return put(call, &out);
}

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .summary = "explain jobctl, or one command",
    .description = "Explains jobctl or one command. With --json, the commands and their options.",
    .max_operands = 1,
    .run = run_help,
};

const struct command command_manual = {
    .name = "manual",
    .operands = "",
    .summary = "print the manual page",
    .description = "Prints the page jobctl(1) in roff.",
    .run = run_manual,
};
