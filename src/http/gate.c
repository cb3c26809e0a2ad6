/* The gate: heads that two parsers could read differently are refused before all else. */
#include "http/gate.h"

#include "base/parse.h"

#include <string.h>

/* RFC 9110, 5.6.2 */
static bool is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_char((unsigned char)text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool has_controls(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* parse_int would take a sign; a length is digits alone. */
static bool is_digits(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

static bool extends(struct span name, const char *word)
{
    size_t len = strlen(word);
    return name.len > len && span_is_nocase((struct span){name.ptr, len}, word);
}

/*
 * libmicrohttpd appends a folded line to the name above it, so that `Content-Length:` and the
 * length below it arrive as one long name and nobody sees where the body ends.
 */
static bool hides_framing(struct span name)
{
    return extends(name, "Content-Length") || extends(name, "Transfer-Encoding");
}

static void take_length(struct gate *gate, struct span value)
{
    int64_t length = 0;
    gate->lengths++;
    if (!is_digits(value) || !parse_int(value, 0, INT64_MAX, &length))
        gate->bad_length = true;
    gate->length = (uint64_t)length;
}

/* Exactly as libmicrohttpd compares it, which leaves blanks behind it in place. */
static void take_coding(struct gate *gate, struct span value)
{
    gate->codings++;
    gate->chunked = span_is_nocase(value, "chunked");
    gate->other_coding = gate->other_coding || !gate->chunked;
}

void gate_target(struct gate *gate, struct span part)
{
    gate->target_size += part.len;
    gate->size += part.len;
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        gate->bad_target = gate->bad_target || c <= ' ' || c == 0x7f;
    }
}

void gate_header(struct gate *gate, struct span name, struct span value)
{
    gate->size += name.len + value.len;
    gate->bad_name = gate->bad_name || !is_token(name) || hides_framing(name);
    gate->bad_value = gate->bad_value || has_controls(value);
    if (span_is_nocase(name, "Host"))
        gate->hosts++;
    else if (span_is_nocase(name, "Content-Length"))
        take_length(gate, span_trim(value));
    else if (span_is_nocase(name, "Transfer-Encoding"))
        take_coding(gate, value);
    else if (span_is_nocase(name, "Authorization"))
        gate->credentials++;
    else if (span_is_nocase(name, "Cookie"))
        gate->cookies++;
    else if (span_is_nocase(name, "Expect"))
        gate->expects = true;
    else if (span_is_nocase(name, "Sec-Fetch-Site"))
        gate->cross_site = span_is(value, "cross-site") || span_is(value, "same-site");
}

static bool is_upper(const char *method)
{
    for (const char *c = method; *c != '\0'; c++)
        if (*c < 'A' || *c > 'Z')
            return false;
    return *method != '\0';
}

static bool is_safe(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* Without a sentence the catalogue's own will do. */
static enum problem refuse(struct err *err, enum problem problem, const char *sentence)
{
    if (sentence != NULL)
        err_set(err, "%s", sentence);
    return problem;
}

enum problem gate_verdict(const struct gate *gate, const char *method, const char *version,
                          struct err *err)
{
    bool old = strcmp(version, "HTTP/1.0") == 0;
    if (!old && strcmp(version, "HTTP/1.1") != 0)
        return refuse(err, PROBLEM_INVALID_REQUEST, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    if (gate->target_size > GATE_HEAD_MAX)
        return refuse(err, PROBLEM_URI_TOO_LONG, NULL);
    if (gate->size > GATE_HEAD_MAX)
        return refuse(err, PROBLEM_HEADERS_TOO_LARGE, "The head of the request is too large.");
    if (!is_upper(method))
        return refuse(err, PROBLEM_INVALID_REQUEST, "The method is not a word in capitals.");
    if (gate->bad_target)
        return refuse(err, PROBLEM_INVALID_REQUEST,
                      "The target has blanks or control characters; escape them.");
    if (gate->bad_name)
        return refuse(err, PROBLEM_INVALID_REQUEST, "A header name is not a token.");
    if (gate->bad_value)
        return refuse(err, PROBLEM_INVALID_REQUEST, "A header value has control characters.");
    if (gate->hosts > 1 || (gate->hosts == 0 && !old))
        return refuse(err, PROBLEM_INVALID_REQUEST, "There must be one Host header.");
    if (gate->credentials > 1)
        return refuse(err, PROBLEM_INVALID_REQUEST, "There must be one Authorization header.");
    if (gate->cookies > 1)
        return refuse(err, PROBLEM_INVALID_REQUEST, "There must be one Cookie header.");
    if (gate->lengths > 1 || gate->bad_length)
        return refuse(err, PROBLEM_INVALID_REQUEST, "The Content-Length is malformed or repeated.");
    if (gate->codings > 0 && (gate->lengths > 0 || old))
        return refuse(err, PROBLEM_INVALID_REQUEST,
                      "Transfer-Encoding does not go with Content-Length or HTTP/1.0.");
    if (gate->codings > 1 || gate->other_coding)
        return refuse(err, PROBLEM_NOT_IMPLEMENTED, "The only transfer coding here is chunked.");
    if (gate->cross_site && !is_safe(method))
        return refuse(err, PROBLEM_FORBIDDEN, "Pages of other sites may not write here.");
    return PROBLEM_NONE;
}
