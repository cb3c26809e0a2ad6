/* Cookies: a Cookie header taken apart. */
#include "http/cookie.h"

bool cookie_find(struct span header, const char *name, struct span *ret_value)
{
    struct span pair, key;
    int count = 0;
    while (span_cut(&header, ';', &pair)) {
        pair = span_trim(pair);
        if (!span_cut(&pair, '=', &key) || !span_is(key, name) || pair.ptr == NULL)
            continue;
        *ret_value = pair;
        count++;
    }
    return count == 1;
}
