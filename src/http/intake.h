/* Intake: what a request goes through between its head and its handler. */
#ifndef JOBD_HTTP_INTAKE_H
#define JOBD_HTTP_INTAKE_H

#include "http/exchange.h"

/*
 * An answer made before the body came waits for the end of it, so that the connection goes on,
 * unless its length is known to be more than this.
 */
#define INTAKE_AWAIT_MAX (64u << 10)
/*
 * In chunks nobody knows, and libmicrohttpd takes no answer in the middle: so much is thrown away
 * (for the body's time limit at most), so that the client can hear the answer.
 */
#define INTAKE_DISCARD_MAX (32u << 20)

/*
 * Each is called by the server, in this order, and leaves an answer in the request, or somebody who
 * continues it (request_pause), or neither: then more is to come.
 */

/* The head is whole, and its fields were shown to exchange->gate: refuses, or authenticates and
 * admits. */
void intake_open(struct exchange *exchange, const char *method, const char *version);

/* A piece of the body. False: it is too much even to throw away; the connection is to be cut. */
bool intake_body(struct exchange *exchange, const char *bytes, size_t len);

/* Whether more came than is thrown away: the answer is not to be sent any more. */
bool intake_overrun(const struct exchange *exchange);

/* All of it is here: the handler runs, unless there is an answer already. */
void intake_end(struct exchange *exchange);

#endif
