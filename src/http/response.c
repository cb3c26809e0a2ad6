/* Answers: JSON, problems, and bytes, written straight into the buffer that is sent. */
#include "http/response.h"

#include <inttypes.h>
#include <stdio.h>

/* A number of 64 bits, quoted. */
#define ETAG_SIZE 24

void respond_header(struct request *request, const char *name, const char *value)
{
    struct response *response = &request->response;
    if (value != NULL && response->header_count < RESPONSE_HEADERS_MAX)
        response->headers[response->header_count++] = (struct response_header){name, value};
}

struct json_writer respond_json(struct request *request, int status)
{
    buf_clear(&request->response.body);
    request->response.status = status;
    request->response.content_type = "application/json";
    return (struct json_writer)JSON_WRITER(&request->response.body);
}

void respond_empty(struct request *request, int status)
{
    buf_clear(&request->response.body);
    request->response.status = status;
    request->response.content_type = NULL;
}

void respond_fixed(struct request *request, const char *content_type, struct span bytes)
{
    request->response.status = 200;
    request->response.content_type = content_type;
    request->response.fixed = bytes;
}

void respond_problem(struct request *request, enum problem problem, const char *message)
{
    respond_json(request, problem_status(problem));
    problem_json(&request->response.body, problem, message, request->trace.span_id);
    if (problem == PROBLEM_NOT_AUTHENTICATED) {
        /* A browser would ask for a password by itself, above the page that has a form for it. */
        if (request_header(request, "X-Requested-With").ptr == NULL)
            respond_header(request, "WWW-Authenticate", "Basic realm=\"jobd\"");
        respond_header(request, "WWW-Authenticate", "Bearer realm=\"jobd\"");
    }
    if (problem_status(problem) == 503)
        respond_header(request, "Retry-After", "1");
}

void respond_failure(struct request *request)
{
    request->response.header_count = 0;
    respond_problem(request, PROBLEM_INTERNAL, NULL);
}

void respond_etag(struct request *request, int64_t change)
{
    char text[ETAG_SIZE];
    snprintf(text, sizeof(text), "\"%" PRId64 "\"", change);
    respond_header(request, "ETag", arena_strdup(&request->arena, text));
}
