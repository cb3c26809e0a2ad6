/* The page's files: found by name, and which coding of one a client likes best. */
#include "http/web.h"

#include "base/parse.h"

const struct web_file *web_find(const char *directory, struct span name)
{
    for (size_t i = 0; i < web_file_count; i++) {
        struct span path = span_of(web_files[i].path);
        if (span_starts(path, directory) && span_eq(span_skip(path, strlen(directory)), name))
            return &web_files[i];
    }
    return NULL;
}

const char *web_coding_name(enum web_coding coding)
{
    static const char *const names[WEB_CODING_COUNT] = {"br", "gzip", NULL};
    return names[coding];
}

/* `0`, `0.25`, `1.000` in thousandths; anything else refuses the coding, which is always safe. */
static int64_t weight(struct span text)
{
    struct span whole;
    int64_t units, thousandths = 0;
    if (!span_cut(&text, '.', &whole) || !parse_int(whole, 0, 1, &units))
        return 0;
    if (text.len > 3 || (text.len > 0 && !parse_int(text, 0, 999, &thousandths)))
        return 0;
    for (size_t digits = text.len; digits > 0 && digits < 3; digits++)
        thousandths *= 10;
    return units == 1 ? 1000 : thousandths;
}

/* The weight among the parameters of one coding: all of it where none is given. */
static int64_t weight_of(struct span parameters)
{
    struct span parameter;
    while (span_cut(&parameters, ';', &parameter)) {
        parameter = span_trim(parameter);
        if (span_starts(parameter, "q=") || span_starts(parameter, "Q="))
            return weight(span_skip(parameter, 2));
    }
    return 1000;
}

/* What the header says of a coding: by name, else by `*`, else what holds without a word. */
static int64_t acceptance(struct span header, const char *name, int64_t unsaid)
{
    struct span item, coding;
    int64_t others = unsaid;
    while (span_cut(&header, ',', &item)) {
        if (!span_cut(&item, ';', &coding))
            continue;
        coding = span_trim(coding);
        if (span_is_nocase(coding, name))
            return weight_of(item);
        if (span_is(coding, "*"))
            others = weight_of(item);
    }
    return others;
}

enum web_coding web_negotiate(const struct web_file *file, struct span accept_encoding)
{
    enum web_coding best = WEB_IDENTITY;
    int64_t most = acceptance(accept_encoding, "identity", 1);
    for (int coding = WEB_IDENTITY - 1; coding >= 0; coding--) {
        int64_t liked = acceptance(accept_encoding, web_coding_name((enum web_coding)coding), 0);
        if (file->forms[coding].bytes.ptr == NULL || liked == 0 || liked < most)
            continue;
        best = (enum web_coding)coding;
        most = liked;
    }
    return best;
}
