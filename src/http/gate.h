/* The gate: heads that two parsers could read differently are refused before all else. */
#ifndef JOBD_HTTP_GATE_H
#define JOBD_HTTP_GATE_H

#include "base/err.h"
#include "base/span.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A bigger head is refused. The connection's memory in libmicrohttpd holds more, but has to hold
 * the answer's head too.
 */
#define GATE_HEAD_MAX (14u << 10)

/*
 * What the headers of one request add up to; start from {0} and show it each of them, and the
 * target.
 */
struct gate {
    unsigned hosts, lengths, codings, credentials, cookies;
    bool bad_target, bad_name, bad_value, bad_length, other_coding, cross_site;
    bool chunked;
    bool expects; /* the client waits for a word before it sends its body */
    uint64_t length; /* of the body, by Content-Length; 0 without */
    size_t target_size; /* in bytes */
    size_t size; /* of the head's texts with the target, in bytes */
};

/* A part of the request's target, as it came. */
void gate_target(struct gate *gate, struct span part);
void gate_header(struct gate *gate, struct span name, struct span value);

/*
 * The verdict: PROBLEM_NONE, INVALID_REQUEST (more or less than one Host in HTTP/1.1, several or
 * malformed Content-Length, several Authorization or Cookie, a length beside a Transfer-Encoding,
 * chunked in HTTP/1.0, bytes that do not belong into the target, names, values or the method),
 * URI_TOO_LONG, HEADERS_TOO_LARGE, NOT_IMPLEMENTED (a coding other than chunked), FORBIDDEN (a
 * browser sends a write from another site). After any but the last the connection must end.
 */
enum problem gate_verdict(const struct gate *gate, const char *method, const char *version,
                          struct err *err);

static inline bool gate_has_body(const struct gate *gate)
{
    return gate->chunked || gate->length > 0;
}

#endif
