/* jobd's side of bench/cycle.c: HTTP/1.1 over kept connections. */
#include "cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int request(char *buffer, const char *line, const char *header, const char *body)
{
    return snprintf(buffer, CYCLE_REQUEST_MAX,
                    "%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n"
                    "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                    line, getenv("CYCLE_AUTHORIZATION"), header, strlen(body), body);
}

/* Several at once, on daemons that share a store, each take the jobs they created. */
static const char *type(void)
{
    const char *given = getenv("CYCLE_TYPE");
    return given != NULL ? given : "CYCLE";
}

static int put(char *buffer)
{
    char body[128];
    snprintf(body, sizeof(body), "{\"name\":\"A job\",\"type\":\"%.40s\",\"payload\":{\"n\":1}}",
             type());
    return request(buffer, "POST /rest/jobd/v1/jobs", "", body);
}

#define WANTED "\"types\":[\"%.40s\"],\"workerId\":\"cycle\""

static int take(char *buffer)
{
    char body[128];
    snprintf(body, sizeof(body), "{" WANTED ",\"waitSeconds\":5}", type());
    return request(buffer, "POST /rest/jobd/v1/claims", "", body);
}

static int report(char *buffer, const struct cycle_job *job, const char *body)
{
    char line[128], header[64];
    snprintf(line, sizeof(line), "PATCH /rest/jobd/v1/jobs/%s", job->id);
    snprintf(header, sizeof(header), "Lease-Fence: %s\r\n", job->fence);
    return request(buffer, line, header, body);
}

/* As a worker of libjobd ends a job. */
static int end_and_take(char *buffer, const struct cycle_job *job)
{
    char body[160];
    snprintf(body, sizeof(body), "{\"state\":\"COMPLETED\",\"next\":{" WANTED "}}", type());
    return report(buffer, job, body);
}

static int end(char *buffer, const struct cycle_job *job)
{
    return report(buffer, job, "{\"state\":\"COMPLETED\"}");
}

static size_t answer(const char *text, size_t len)
{
    const char *body = strstr(text, "\r\n\r\n");
    if (body == NULL)
        return 0;
    const char *length = strcasestr(text, "\r\nContent-Length:");
    size_t whole = (size_t)(body + 4 - text);
    if (length != NULL && length < body)
        whole += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    return whole <= len ? whole : 0;
}

static bool has_status(const char *text, const char *status)
{
    return strncmp(text + strlen("HTTP/1.1 "), status, strlen(status)) == 0;
}

/* What stands behind the key, up to one of the characters that may follow it. */
static bool copy_value(const char *text, const char *key, char *ret_value, size_t size)
{
    const char *value = strstr(text, key);
    if (value == NULL)
        return false;
    value += strlen(key);
    size_t len = strcspn(value, "\",}");
    if (len >= size)
        return false;
    memcpy(ret_value, value, len);
    ret_value[len] = '\0';
    return true;
}

/* The job that ended stands before the list. */
static bool taken(const char *text, struct cycle_job *ret_job)
{
    const char *claims = has_status(text, "200") ? strstr(text, "\"claims\":[{") : NULL;
    return claims != NULL && copy_value(claims, "\"id\":\"", ret_job->id, sizeof(ret_job->id)) &&
           copy_value(claims, "\"fence\":", ret_job->fence, sizeof(ret_job->fence));
}

static bool succeeded(const char *text)
{
    return has_status(text, "201") || has_status(text, "200");
}

const struct cycle_protocol cycle_jobd = {"jobd", put,   take,     end_and_take,
                                          answer, taken, succeeded};
const struct cycle_protocol cycle_jobd_apart = {"jobd-apart", put,   take,     end,
                                                answer,       taken, succeeded};
