/* What the library's parts, and jobctl, know of a client beyond the public header. */
#ifndef JOBD_CLIENT_CLIENT_H
#define JOBD_CLIENT_CLIENT_H

#include "base/json_read.h"
#include "client/transport.h"
#include "jobd.h"

#include <stdbool.h>
#include <stdint.h>

/* The server's address, without a slash at its end. Borrowed. */
const char *client_url(const struct jobd_client *client);

/* The same of the worker that has a job in hand. */
const char *client_url_of(const struct jobd_run *run);

/* "host:pid": what one finds this process by, unless it is given another name. */
#define PROCESS_NAME_SIZE 96
void client_name_process(char ret_name[static PROCESS_NAME_SIZE]);

/* See transport_set_deadline. Any thread. */
void client_set_deadline(struct jobd_client *client, int64_t mono_ns);

/* Fills `error`, if there is one, and returns false. `status` 400 stands for wrong arguments. */
bool client_fail(struct jobd_error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Releases the memory of the answer; for AUTO. */
void exchange_release(struct exchange_call *call);

/* Calls; true on the expected status. The answer is left in the call. */
bool client_exchange(struct jobd_client *client, struct exchange_call *call, int expected,
                     struct jobd_error *error);

/* A success of another kind than ours is no answer at all: something else listens there. False. */
bool client_stranger(struct jobd_client *client, struct jobd_error *error);

/*
 * Calls, and on the expected status gives the answer's JSON (NULL for an answer without a body).
 * The caller frees it.
 */
bool client_call(struct jobd_client *client, struct exchange_call *call, int expected,
                 struct json_value **ret_answer, struct jobd_error *error);

/* Creates and reports with a body that is there already: what was kept in a file. */
bool client_create_json(struct jobd_client *client, struct span body, const char *key,
                        struct jobd_job **ret_job, struct jobd_error *error);
struct report_body {
    struct span json;
    int64_t fence; /* 0: none */
};
/* A hundred jobs of the longest payloads, and what is around them. */
#define CLAIMS_CEILING (64u << 20)
/* The whole answer; the caller frees it. */
bool client_report(struct jobd_client *client, const char *id, const struct report_body *body,
                   struct json_value **ret_answer, struct jobd_error *error);
bool client_report_json(struct jobd_client *client, const char *id, const struct report_body *body,
                        struct jobd_job **ret_job, struct jobd_error *error);

/* Appends the filters of the query as "name=value&", each with its "&". */
void filters_write(struct buf *path, const struct jobd_query *query);

/* True from a jobd_watch_stop on, until the watch it ends makes it false. */
_Atomic bool *client_stop(struct jobd_client *client);

/* Whether `id` is one; anything else could leave the path it is put into. */
bool client_id_check(const char *id, struct jobd_error *error);

#endif
