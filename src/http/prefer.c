/* Preferences: the first `wait` of a list counts, whatever stands around it. */
#include "http/prefer.h"

#include "base/parse.h"

int64_t prefer_wait(struct span prefer, int64_t max)
{
    struct span preference, value, name;
    int64_t seconds = 0;
    while (span_cut(&prefer, ',', &preference)) {
        /* Parameters of a preference come behind a semicolon. */
        if (!span_cut(&preference, ';', &value) || !span_cut(&value, '=', &name) ||
            !span_is_nocase(span_trim(name), "wait"))
            continue;
        if (!parse_int(span_trim(value), 0, INT32_MAX, &seconds))
            return 0;
        return seconds < max ? seconds : max;
    }
    return 0;
}
