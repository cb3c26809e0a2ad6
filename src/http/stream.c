/* Streams: a buffer that is filled when it is empty, and given back while there is nothing. */
#include "http/stream.h"

#include "http/response.h"
#include "http/router.h"

/* The account and the trace stay for the log. */
static void forget(struct request *request)
{
    request->method = request->route->method;
    request->path = request->query = (struct span){0};
    arena_release(&request->arena);
}

void respond_stream(struct request *request, const char *content_type, const struct stream *stream)
{
    struct response *response = &request->response;
    buf_clear(&response->body);
    response->status = 200;
    response->content_type = content_type;
    response->stream = stream;
    respond_header(request, "Cache-Control", "no-store");
    respond_header(request, "X-Content-Type-Options", "nosniff");
    /* nginx would hold back what is less than its buffer. */
    respond_header(request, "X-Accel-Buffering", "no");
    if (strcmp(request->method, "HEAD") == 0)
        stream_close(request);
    else
        forget(request);
}

/* There may be thousands that wait for long: they keep nothing meanwhile. */
static bool refill(struct request *request)
{
    struct response *response = &request->response;
    buf_clear(&response->body);
    response->sent = 0;
    response->ended =
        !response->stream->fill(request, &response->body) || buf_failed(&response->body);
    if (response->body.len > 0)
        return true;
    buf_release(&response->body);
    return false;
}

ssize_t stream_read(struct request *request, char *bytes, size_t room)
{
    struct response *response = &request->response;
    if (response->sent == response->body.len && (response->ended || !refill(request)))
        return response->ended ? -1 : 0;
    size_t left = response->body.len - response->sent, len = left < room ? left : room;
    memcpy(bytes, response->body.ptr + response->sent, len);
    response->sent += len;
    return (ssize_t)len;
}

void stream_close(struct request *request)
{
    if (request->response.stream != NULL)
        request->response.stream->close(request);
    request->response.stream = NULL;
}
