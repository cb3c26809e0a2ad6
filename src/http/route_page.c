/* The page: its document at / and the hashed files that belong to it. */
#include "http/etag.h"
#include "http/response.h"
#include "http/routes.h"
#include "http/web.h"

/* Only what came from here runs or shows, and nobody may frame it. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/* A hashed file never changes: another content has another name. */
#define FOREVER "public, max-age=31536000, immutable"

static void protect(struct request *request)
{
    respond_header(request, "Content-Security-Policy", POLICY);
    respond_header(request, "X-Content-Type-Options", "nosniff");
    respond_header(request, "Referrer-Policy", "no-referrer");
}

static void serve(struct request *request, const struct web_file *file, const char *cache_control)
{
    enum web_coding coding = web_negotiate(file, request_header(request, "Accept-Encoding"));
    const struct web_form *form = &file->forms[coding];
    respond_header(request, "ETag", form->etag);
    respond_header(request, "Cache-Control", cache_control);
    respond_header(request, "Vary", "Accept-Encoding");
    if (etag_matches(request_header(request, "If-None-Match"), form->etag)) {
        respond_empty(request, 304);
        return;
    }
    respond_header(request, "Content-Encoding", web_coding_name(coding));
    respond_fixed(request, file->type, form->bytes);
}

void route_page(struct request *request)
{
    const struct web_file *file = web_find("", span_of("index.html"));
    protect(request);
    if (file != NULL)
        serve(request, file, "no-cache");
    else
        respond_fixed(request, "text/plain; charset=utf-8",
                      span_of("This jobd was built without its page. The API is under /rest/.\n"));
}

void route_page_asset(struct request *request)
{
    const struct web_file *file = web_find("assets/", request->argument);
    protect(request);
    if (file != NULL)
        serve(request, file, FOREVER);
    else
        respond_problem(request, PROBLEM_PATH_NOT_FOUND, NULL);
}
