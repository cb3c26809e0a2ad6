/* The endpoints of a job's output: append to it, read it, wait for more of it. */
#include "base/parse.h"
#include "http/response.h"
#include "http/route_call.h"
#include "http/routes.h"
#include "service/logs.h"

#include <inttypes.h>

static enum problem read_number(struct request *request, const char *name,
                                struct output_range legal, int64_t *ret_number, struct err *err)
{
    bool given = false;
    struct span text;
    enum problem problem = route_parameter(request, name, &given, &text, err);
    if (problem != PROBLEM_NONE || !given || parse_int(text, legal.from, legal.to, ret_number))
        return problem;
    err_set(err, "The parameter %s must be a whole number from %" PRId64 " to %" PRId64 ".", name,
            legal.from, legal.to);
    return PROBLEM_INVALID_REQUEST;
}

static void respond_next(struct request *request, int64_t offset)
{
    respond_header(request, "Log-Next-Offset", arena_printf(&request->arena, "%" PRId64, offset));
}

/* Where there would be a hole, the client learns where to go on. */
static void append_answer(struct request *request)
{
    const struct logs_append *append = request->operation;
    const struct store_call *call = &append->append.call;
    if (call->problem == PROBLEM_NONE || call->problem == PROBLEM_CONFLICT)
        respond_next(request, append->append.size);
    if (!route_failed(request, call))
        respond_empty(request, 204);
}

static enum problem read_append(struct request *request, struct logs_append *append,
                                struct err *err)
{
    append->append.offset = -1;
    append->append.bytes = request->body;
    enum problem problem =
        read_number(request, "offset", (struct output_range){0, OUTPUT_OFFSET_MAX},
                    &append->append.offset, err);
    if (problem == PROBLEM_NONE)
        problem = route_fence(request, &append->fence, err);
    if (problem != PROBLEM_NONE)
        return problem;
    if (append->append.offset < 0)
        err_set(err, "The parameter offset is missing.");
    else if (request->body.len == 0)
        err_set(err, "The body, the output to append, is empty.");
    else
        return PROBLEM_NONE;
    return PROBLEM_INVALID_REQUEST;
}

void route_log_append(struct request *request)
{
    struct logs_append *append = route_operation(request, sizeof(*append), append_answer);
    struct err err = {0};
    if (append == NULL || !route_job_id(request, &append->append.id))
        return;
    enum problem problem = read_append(request, append, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    append->caller = &request->account;
    append->append.arena = &request->arena;
    route_prepare(request, &append->append.call);
    logs_append(request->service, append);
}

struct log_read {
    struct store_output read;
    struct watcher watcher;
};

/* Who is ahead of the stream stays there. */
static int64_t next_offset(const struct store_output *read)
{
    return read->offset > read->output.size ? read->offset : read->output.size;
}

/* The page decodes it leniently; nobody takes it for anything but text. */
static void respond_output(struct request *request, const struct store_output *read)
{
    respond_next(request, next_offset(read));
    respond_header(request, "Log-Complete", read->output.ended ? "true" : "false");
    respond_header(request, "X-Content-Type-Options", "nosniff");
    respond_empty(request, 200);
    request->response.content_type = "text/plain; charset=utf-8";
    output_write(&request->response.body, &read->output);
}

static void look(struct request *request);

static void log_answer(struct request *request)
{
    struct log_read *call = request->operation;
    const struct output *output = &call->read.output;
    if (route_failed(request, &call->read.call))
        return;
    bool nothing = output->bytes.len == 0 && output->dropped == 0 && !output->ended;
    if (!nothing || !route_wait(request, &call->watcher, look))
        respond_output(request, &call->read);
}

static void look(struct request *request)
{
    struct log_read *call = request->operation;
    watch_ask(request->service->watch, &call->watcher, &call->read.id);
    route_prepare(request, &call->read.call);
    logs_read(request->service, &call->read);
}

void route_log_read(struct request *request)
{
    struct log_read *call = route_operation(request, sizeof(*call), log_answer);
    struct err err = {0};
    int64_t wait_s = 0;
    if (call == NULL || !route_job_id(request, &call->read.id))
        return;
    enum problem problem =
        read_number(request, "offset", (struct output_range){-OUTPUT_OFFSET_MAX, OUTPUT_OFFSET_MAX},
                    &call->read.offset, &err);
    if (problem == PROBLEM_NONE)
        problem = read_number(request, "wait", (struct output_range){0, ROUTE_WAIT_SECONDS_MAX},
                              &wait_s, &err);
    if (problem != PROBLEM_NONE)
        return route_refuse(request, problem, &err);
    call->read.arena = &request->arena;
    route_watcher(request, &call->watcher, wait_s * 1000);
    call->watcher.output = true;
    look(request);
}
