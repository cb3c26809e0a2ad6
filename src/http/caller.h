/* The caller of a request: known by the Authorization header, or else by the page's session. */
#ifndef JOBD_HTTP_CALLER_H
#define JOBD_HTTP_CALLER_H

#include "http/request.h"

#define CALLER_COOKIE "jobd_session"

/*
 * Finds out who the caller is; then `found` runs, with request->account set, at once or after a
 * pause. Otherwise the answer is a refusal.
 */
void caller_find(struct request *request, void (*found)(struct request *request));

/* The same by the value of an Authorization header, which lives as long as the request. */
void caller_verify(struct request *request, struct span authorization,
                   void (*found)(struct request *request));

/*
 * Whether the request changes nothing, or has the header `X-Requested-With: jobd`, which a page of
 * another origin cannot send without asking. A browser adds its session to whatever any page makes
 * it send, so what a session does needs this. Otherwise the answer is FORBIDDEN.
 */
bool caller_is_page(struct request *request);

/* The session's token in the cookie; false without (just one) cookie of this name. */
bool caller_token(struct request *request, struct span *ret_token);

#endif
