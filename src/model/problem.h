/* The error catalogue: every way an operation can end badly, and what the caller is told. */
#ifndef JOBD_MODEL_PROBLEM_H
#define JOBD_MODEL_PROBLEM_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

/*
 * One row an error: name, HTTP status, errorCode on the wire, title, help text, default user text.
 * The user text is replaced by the sentence of a `struct err` where there is one. Codes are stable:
 * clients depend on them, and differ, but for NO_MEMORY, which is INTERNAL to all but ourselves.
 */
#define PROBLEMS(P)                                                                                \
    P(INVALID_REQUEST, 400, "invalidRequest", "Bad Request", "Check the request and try again.",   \
      "The request is not valid.")                                                                 \
    P(INVALID_CURSOR, 400, "invalidCursor", "Bad Request",                                         \
      "Start again without a cursor, or repeat the filters and the order it came from.",           \
      "The cursor is not valid for this request.")                                                 \
    P(NOT_AUTHENTICATED, 401, "notAuthenticated", "Unauthorized",                                  \
      "Send credentials by Basic authentication or a JSON Web Token.",                             \
      "Failed to authenticate the request through basic credentials.")                             \
    P(FORBIDDEN, 403, "forbidden", "Forbidden", "Ask an administrator for a role that allows it.", \
      "You may not do this.")                                                                      \
    P(JOB_NOT_OWNED, 403, "jobNotOwned", "Forbidden", "Ask the job's user or an administrator.",   \
      "The job belongs to another user.")                                                          \
    P(JOB_NOT_FOUND, 404, "jobNotFoundId", "Not Found", "Check the id of the job.",                \
      "The resource could not be found.")                                                          \
    P(PATH_NOT_FOUND, 404, "pathNotFound", "Not Found", "Check the path of the request.",          \
      "The resource could not be found.")                                                          \
    P(METHOD_NOT_ALLOWED, 405, "methodNotAllowed", "Method Not Allowed",                           \
      "The Allow header names the methods of this path.", "The method is not allowed here.")       \
    P(CONFLICT, 409, "conflict", "Conflict", "Get the job and decide anew.",                       \
      "The job's state does not allow it.")                                                        \
    P(LEASE_LOST, 409, "leaseLost", "Conflict", "Stop working on the job.",                        \
      "The lease belongs to another worker.")                                                      \
    P(JOB_DELETED, 409, "jobDeleted", "Conflict", "Stop working on the job.",                      \
      "The job has been deleted.")                                                                 \
    P(PAYLOAD_TOO_LARGE, 413, "payloadTooLarge", "Payload Too Large", "Send less at once.",        \
      "The request body is too large.")                                                            \
    P(URI_TOO_LONG, 414, "uriTooLong", "URI Too Long", "Send fewer or shorter parameters.",        \
      "The address of the request is too long.")                                                   \
    P(IDEMPOTENCY_KEY_REUSED, 422, "idempotencyKeyReused", "Unprocessable Content",                \
      "Use a new key for a new request.", "The idempotency key belongs to another request.")       \
    P(TOO_MANY_REQUESTS, 429, "tooManyRequests", "Too Many Requests",                              \
      "Wait as long as the Retry-After header says.", "Too many requests.")                        \
    P(HEADERS_TOO_LARGE, 431, "headersTooLarge", "Request Header Fields Too Large",                \
      "Send fewer or shorter headers.", "The headers of the request are too large.")               \
    P(INTERNAL, 500, "internalError", "Internal Server Error",                                     \
      "Find the errorContext in the server's log.", "Internal server error.")                      \
    P(NO_MEMORY, 500, "internalError", "Internal Server Error",                                    \
      "Find the errorContext in the server's log.", "Internal server error.")                      \
    P(NOT_IMPLEMENTED, 501, "notImplemented", "Not Implemented",                                   \
      "Use plain or chunked transfer coding.", "The server does not implement this.")              \
    P(TOO_MANY_READERS, 503, "tooManyReaders", "Service Unavailable",                              \
      "Try again later, or raise the server's max-event-readers.",                                 \
      "Too many follow the events already.")                                                       \
    P(STORE_UNAVAILABLE, 503, "storeUnavailable", "Service Unavailable",                           \
      "Try again later; nothing was changed.", "The store is not available at the moment.")        \
    P(OUTCOME_UNKNOWN, 503, "outcomeUnknown", "Service Unavailable",                               \
      "Look whether it was done, or send it again where that does no harm.",                       \
      "The store was lost while it changed this; it may have been done.")

#define PROBLEM_ENUM(name, status, code, title, help, user) PROBLEM_##name,
enum problem { PROBLEM_NONE, PROBLEMS(PROBLEM_ENUM) PROBLEM_COUNT };

/* PROBLEM_NO_MEMORY, with its sentence. */
enum problem problem_no_memory(struct err *err);

/* HTTP status and errorCode of a problem other than PROBLEM_NONE. */
int problem_status(enum problem problem);
const char *problem_code(enum problem problem);

/*
 * Appends a StandardErrorResponse with all six fields. `user_message` NULL or empty takes the
 * catalogue's text; `context` is the request's span id.
 */
void problem_json(struct buf *out, enum problem problem, const char *user_message,
                  const char *context);

#endif
