/* beanstalkd's side of bench/cycle.c: its own protocol, one line a command. */
#include "cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As jobd's defaults: priority 0, no delay, a minute to run. */
static int put(char *buffer)
{
    static const char body[] = "{\"n\":1}";
    return snprintf(buffer, CYCLE_REQUEST_MAX, "put 0 0 60 %zu\r\n%s\r\n", sizeof(body) - 1, body);
}

static int take(char *buffer)
{
    return snprintf(buffer, CYCLE_REQUEST_MAX, "reserve-with-timeout 5\r\n");
}

static int end(char *buffer, const struct cycle_job *job)
{
    return snprintf(buffer, CYCLE_REQUEST_MAX, "delete %s\r\n", job->id);
}

/* One line, but behind RESERVED <id> <bytes> the job follows. */
static size_t answer(const char *text, size_t len)
{
    const char *end_of_line = strstr(text, "\r\n");
    if (end_of_line == NULL)
        return 0;
    size_t whole = (size_t)(end_of_line + 2 - text);
    if (strncmp(text, "RESERVED ", 9) == 0) {
        const char *bytes = strchr(text + 9, ' ');
        whole += bytes != NULL ? strtoul(bytes, NULL, 10) + 2 : 0;
    }
    return whole <= len ? whole : 0;
}

static bool taken(const char *text, struct cycle_job *ret_job)
{
    return sscanf(text, "RESERVED %63s", ret_job->id) == 1;
}

static bool succeeded(const char *text)
{
    return strncmp(text, "INSERTED", 8) == 0 || strncmp(text, "DELETED", 7) == 0;
}

const struct cycle_protocol cycle_beanstalkd = {"beanstalkd", put,   take,     end,
                                                answer,       taken, succeeded};
