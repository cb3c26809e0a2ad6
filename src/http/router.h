/* The router: from a method and a path to the row of the route table. */
#ifndef JOBD_HTTP_ROUTER_H
#define JOBD_HTTP_ROUTER_H

#include "http/request.h"

#include <stdbool.h>
#include <stddef.h>

/* Who may use a route: anybody at all, every account, accounts that may change something, or those
 * that may claim jobs. */
enum access { ACCESS_ANONYMOUS, ACCESS_READ, ACCESS_WRITE, ACCESS_CLAIM };

struct route {
    const char *method;
    const char *pattern; /* "/rest/jobs/v1/jobs/{jobId}"; one {…} at most, a whole segment */
    void (*handle)(struct request *request);
    size_t body_max; /* bytes */
    enum access access;
};

/*
 * Finds the route of request->method and request->path and sets request->route and
 * request->argument. PATH_NOT_FOUND; METHOD_NOT_ALLOWED (the Allow header is set on the response);
 * INVALID_REQUEST when the argument is not decodable. HEAD finds GET's.
 */
enum problem router_match(const struct route *routes, size_t count, struct request *request,
                          struct err *err);

#endif
