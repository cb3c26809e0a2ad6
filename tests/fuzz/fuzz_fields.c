/* Feeds header fields to what reads them for the page: Cookie, Accept-Encoding, If-None-Match. */
#include "fuzz.h"

#include "http/cookie.h"
#include "http/etag.h"
#include "http/web.h"

static const struct web_file file = {
    "a.js", "text/javascript", {{SPAN("b"), ""}, {SPAN("g"), ""}, {SPAN("i"), ""}}};

static bool lies_within(struct span part, struct span whole)
{
    return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span field = fuzz_span(data, size), value;
    if (cookie_find(field, "a", &value)) {
        MUST(lies_within(value, field));
        MUST(value.len == 0 || memchr(value.ptr, ';', value.len) == NULL);
    }
    MUST(web_negotiate(&file, field) < WEB_CODING_COUNT);
    if (etag_matches(field, "\"a\""))
        MUST(size >= 1);
    return 0;
}
