/* One HTTP call: a method, a path and a body out, a status and a body back. */
#ifndef JOBD_CLIENT_TRANSPORT_H
#define JOBD_CLIENT_TRANSPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "jobd.h"

#include <stdbool.h>
#include <stdint.h>

struct transport; /* one thread at a time; keeps its connection */

/* Copies the settings. NULL and a sentence when they make no sense. */
struct transport *transport_new(const struct jobd_settings *settings, struct err *err);
void transport_free(struct transport *transport);

/* The server's address without a slash at its end: equal for equal servers, free of secrets. */
const char *transport_url(const struct transport *transport);

/*
 * From any thread: calls, one under way included, are given up once the monotonic clock has
 * reached `mono_ns`, a second late at most.
 */
void transport_set_deadline(struct transport *transport, int64_t mono_ns);

/* Takes a piece of an answer as it comes; false: enough, the call ends. */
typedef bool (*transport_taker)(void *context, struct span bytes);

struct exchange_call {
    const char *method;
    const char *path; /* with its query, escaped */
    struct span body; /* ptr NULL: none */
    const char *body_type; /* NULL: JSON */
    const char *idempotency_key; /* NULL: none; visible ASCII */
    int64_t fence; /* the Lease-Fence; 0: none */
    const char *known; /* the ETag for If-None-Match; NULL: none. A 304 is a success then */
    int wait_seconds; /* how long the server may hold the answer back, beside the usual time */
    const char *accept; /* NULL: anything */
    transport_taker take; /* NULL: the answer is gathered. Otherwise a success has no end in time:
                             it goes here, and the call fails when nothing comes for so long: */
    void *take_context;
    int64_t silence_ns;
    const _Atomic bool *stop; /* the call is given up once it is true, a second late at most; NULL:
                                 never */
    struct buf answer; /* out; the caller releases it */
    int status; /* out */
    int retry_after; /* out; 0: none */
    bool taken; /* out: `take` said that it was enough */
    int64_t log_next; /* out: the Log-Next-Offset; -1: none */
    bool log_complete; /* out */
    char etag[32]; /* out; empty: none, or too long for one of ours */
};

/* False when no answer came; `err` says why. */
bool transport_call(struct transport *transport, struct exchange_call *call, struct err *err);

/* Appends `text` percent-encoded. */
void transport_escape(struct buf *out, const char *text);

#endif
