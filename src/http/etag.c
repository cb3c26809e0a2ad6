/* Entity tags: If-None-Match compared with a tag of ours. */
#include "http/etag.h"

/* Our tags have no commas, so a list may be cut at them: a foreign tag cut in two is still foreign.
 */
bool etag_matches(struct span if_none_match, const char *etag)
{
    struct span tag;
    while (span_cut(&if_none_match, ',', &tag)) {
        tag = span_trim(tag);
        if (span_is(tag, "*") || span_is(span_starts(tag, "W/") ? span_skip(tag, 2) : tag, etag))
            return true;
    }
    return false;
}
