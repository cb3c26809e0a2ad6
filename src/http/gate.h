/* The gate: heads that two parsers could read differently are refused before all else. */
#ifndef JOBD_HTTP_GATE_H
#define JOBD_HTTP_GATE_H

#include "base/err.h"
#include "base/span.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stdint.h>

/* What the headers of one request add up to; start from {0} and show it each of them. */
struct gate {
    unsigned hosts, lengths, codings, credentials;
    bool bad_name, bad_value, bad_length, other_coding, cross_site;
    bool chunked;
    bool expects; /* the client waits for a word before it sends its body */
    uint64_t length; /* of the body, by Content-Length; 0 without */
};

void gate_header(struct gate *gate, struct span name, struct span value);

/*
 * The verdict: PROBLEM_NONE, INVALID_REQUEST (more or less than one Host in HTTP/1.1, several or
 * malformed Content-Length, several Authorization, one beside a Transfer-Encoding, chunked in
 * HTTP/1.0, bytes that do not belong into names, values or the method), NOT_IMPLEMENTED (a coding
 * other than chunked), FORBIDDEN (a browser sends a write from another site). After one of the
 * first two the connection must end.
 */
enum problem gate_verdict(const struct gate *gate, const char *method, const char *version,
                          struct err *err);

static inline bool gate_has_body(const struct gate *gate)
{
    return gate->chunked || gate->length > 0;
}

#endif
