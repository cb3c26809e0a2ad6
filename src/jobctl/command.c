/* What all subcommands share: complaints, a client, and ids on the command line. */
#include "jobctl/command.h"

#include "base/buf.h"
#include "base/scope.h"
#include "base/uuid.h"
#include "jobctl/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COMPLAINT_SIZE 2048

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* One write a line: the wrapped command may be writing to the same place. */
int complain(const struct call *call, int status, const char *format, ...)
{
    char text[COMPLAINT_SIZE];
    AUTO(buf_release) struct buf line = BUF(16u << 10);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_add_str(&line, "jobctl");
    if (call->command != NULL)
        buf_printf(&line, " %s", call->command->name);
    buf_add_str(&line, ": ");
    print_safe(&line, text);
    buf_add_char(&line, '\n');
    fflush(stdout);
    if (!buf_failed(&line))
        fwrite(line.ptr, 1, line.len, stderr);
    return status;
}

int complain_error(const struct call *call, const char *what, const struct jobd_error *error)
{
    if (what != NULL)
        return complain(call, EXIT_FAILED, "%s: %s", what, error->text);
    return complain(call, EXIT_FAILED, "%s", error->text);
}

struct jobd_client *open_client(const struct call *call)
{
    struct jobd_client *client = NULL;
    struct jobd_error error;
    if (!jobd_open(NULL, &client, &error))
        complain_error(call, NULL, &error);
    return client;
}

void close_client(struct jobd_client **client)
{
    jobd_close(*client);
}

int check_ids(const struct call *call)
{
    struct uuid uuid;
    for (int i = 0; i < call->operand_count; i++)
        if (!uuid_parse(span_of(call->operands[i]), &uuid))
            return complain(call, EXIT_USAGE, "\"%s\" is not the id of a job", call->operands[i]);
    return EXIT_FINE;
}
