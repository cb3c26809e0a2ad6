/* The router: from a method and a path to the row of the route table. */
#include "http/router.h"

#include "base/url.h"
#include "http/response.h"

#include <string.h>

/* The {…} of the pattern takes any one segment that is not empty; most patterns differ before it.
 */
static bool path_matches(const char *pattern, struct span path, struct span *ret_argument)
{
    size_t at = 0, end;
    *ret_argument = (struct span){0};
    for (; pattern[at] != '\0' && pattern[at] != '{'; at++)
        if (at == path.len || path.ptr[at] != pattern[at])
            return false;
    if (pattern[at] == '\0')
        return at == path.len;
    for (end = at; end < path.len && path.ptr[end] != '/';)
        end++;
    *ret_argument = (struct span){path.ptr + at, end - at};
    return end > at && span_is(span_skip(path, end), strchr(pattern + at, '}') + 1);
}

static bool method_matches(const char *method, const char *asked)
{
    return strcmp(method, asked) == 0 || (strcmp(method, "GET") == 0 && strcmp(asked, "HEAD") == 0);
}

static const char *extend_allowed(struct arena *arena, const char *allowed, const char *method)
{
    const char *more = strcmp(method, "GET") == 0 ? "GET, HEAD" : method;
    return allowed == NULL ? more : arena_printf(arena, "%s, %s", allowed, more);
}

/* A path that a pattern names letter by letter is not also some pattern's argument. */
static bool is_literal(const struct route *routes, size_t count, struct span path)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(path, routes[i].pattern))
            return true;
    return false;
}

enum problem router_match(const struct route *routes, size_t count, struct request *request,
                          struct err *err)
{
    const char *allowed = NULL;
    struct span argument;
    bool literal = is_literal(routes, count, request->path);
    for (size_t i = 0; i < count; i++) {
        if (!path_matches(routes[i].pattern, request->path, &argument) ||
            (literal && argument.ptr != NULL))
            continue;
        request->route = &routes[i];
        if (method_matches(routes[i].method, request->method))
            return url_decode(&request->arena, argument, false, &request->argument, err)
                       ? PROBLEM_NONE
                       : PROBLEM_INVALID_REQUEST;
        allowed = extend_allowed(&request->arena, allowed, routes[i].method);
    }
    if (allowed == NULL)
        return PROBLEM_PATH_NOT_FOUND;
    respond_header(request, "Allow", allowed);
    return PROBLEM_METHOD_NOT_ALLOWED;
}
