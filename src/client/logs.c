/* The operations on a job's output: append to it, read it. */
#include "base/mem.h"
#include "base/scope.h"
#include "client/client.h"

#include <inttypes.h>
#include <stdio.h>

#define LOG "/rest/jobd/v1/jobs/%s/log?offset=%" PRId64
#define PATH_SIZE (sizeof(LOG) + JOBD_ID_SIZE + 64)
/* The mebibyte that is kept, and the line for what is not. */
#define LOG_CEILING ((1u << 20) + 4096)

static bool part_check(const struct jobd_log_part *part, struct jobd_error *error)
{
    return (part->offset >= 0 && part->len > 0 && part->len <= JOBD_LOG_PART_MAX) ||
           client_fail(error, 400,
                       "a part of the output has 1 to %zu bytes, at an offset from 0 on",
                       JOBD_LOG_PART_MAX);
}

bool jobd_log_append(struct jobd_client *client, const char *id, const struct jobd_log_part *part,
                     int64_t *ret_next, struct jobd_error *error)
{
    char path[PATH_SIZE];
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "PUT",
        .path = path,
        .body_type = "application/octet-stream",
        .log_next = -1,
        .answer = BUF(LOG_CEILING),
    };
    if (!client_id_check(id, error) || !part_check(part, error))
        return false;
    snprintf(path, sizeof(path), LOG, id, part->offset);
    call.body = (struct span){part->bytes, part->len};
    call.fence = part->fence;
    bool good = client_exchange(client, &call, 204, error);
    if (good && call.log_next < 0)
        return client_stranger(client, error);
    if (ret_next != NULL && call.log_next >= 0)
        *ret_next = call.log_next;
    return good;
}

static bool give_log(struct exchange_call *call, struct jobd_log **ret_log,
                     struct jobd_error *error)
{
    struct jobd_log *log = mem_alloc(1, sizeof(*log));
    if (log == NULL)
        return client_fail(error, 0, "no memory for the output");
    *log = (struct jobd_log){.next = call->log_next, .complete = call->log_complete};
    log->bytes = buf_take(&call->answer, &log->len);
    *ret_log = log;
    return true;
}

bool jobd_log_read(struct jobd_client *client, const char *id, const struct jobd_log_place *place,
                   struct jobd_log **ret_log, struct jobd_error *error)
{
    char path[PATH_SIZE];
    AUTO(exchange_release)
    struct exchange_call call = {
        .method = "GET",
        .path = path,
        .wait_seconds = place->wait_seconds,
        .answer = BUF(LOG_CEILING),
    };
    if (!client_id_check(id, error))
        return false;
    snprintf(path, sizeof(path), LOG "&wait=%d", id, place->offset, place->wait_seconds);
    if (!client_exchange(client, &call, 200, error))
        return false;
    return call.log_next >= 0 ? give_log(&call, ret_log, error) : client_stranger(client, error);
}

void jobd_log_free(struct jobd_log *log)
{
    if (log == NULL)
        return;
    mem_free((char *)(uintptr_t)log->bytes);
    mem_free(log);
}
