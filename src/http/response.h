/* Answers: JSON, problems, and bytes, written straight into the buffer that is sent. */
#ifndef JOBD_HTTP_RESPONSE_H
#define JOBD_HTTP_RESPONSE_H

#include "http/request.h"

/* Adds a header; `value` lives in the request's arena or for ever (NULL: no memory, left out). */
void respond_header(struct request *request, const char *name, const char *value);

/* Starts a JSON answer: write the body through the writer returned. */
struct json_writer respond_json(struct request *request, int status);

/* A status without a body. */
void respond_empty(struct request *request, int status);

/* Bytes that live for ever, such as an embedded document. */
void respond_fixed(struct request *request, const char *content_type, struct span bytes);

/* A StandardErrorResponse; whatever was written before is dropped. `message` NULL or empty: the
 * catalogue's text. */
void respond_problem(struct request *request, enum problem problem, const char *message);

/* Instead of an answer that could not be made: PROBLEM_INTERNAL, without the headers of the other.
 */
void respond_failure(struct request *request);

/* The ETag header of a change number. */
void respond_etag(struct request *request, int64_t change);

#endif
